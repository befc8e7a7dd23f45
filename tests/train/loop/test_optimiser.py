from __future__ import annotations

import pytest
import torch
from torch import nn

from mgiad_dsl.train.loop.optimiser import loss_of, make_optimiser
from mgiad_dsl.train.recipes.recipe import Recipe


@pytest.mark.parametrize("decay_norms", [True, False])
def test_norms_and_biases_decay_only_if_asked(decay_norms) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    for parameter in model.parameters():
        nn.init.ones_(parameter)
        parameter.grad = torch.zeros_like(parameter)
    recipe = Recipe(lr=0.5, weight_decay=0.1, momentum=0, decay_norms=decay_norms)
    make_optimiser(model, recipe).step()
    for parameter in model.parameters():
        decays = decay_norms or parameter.ndim > 1
        expected = torch.full_like(parameter, 0.95 if decays else 1.0)
        torch.testing.assert_close(parameter.detach(), expected)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum(nesterov) -> None:
    """v <- m v + g; w <- w - lr v, or with Nesterov w - lr (g + m v) (Sutskever et al. 2013)."""
    weight = nn.Parameter(torch.zeros(1))
    model = nn.Module()
    model.weight = weight
    optimiser = make_optimiser(
        model, Recipe(lr=0.1, momentum=0.9, nesterov=nesterov, weight_decay=0)
    )
    value = velocity = 0.0
    for gradient in (1.0, -2.0, 0.5):
        weight.grad = torch.tensor([gradient])
        optimiser.step()
        velocity = 0.9 * velocity + gradient
        value -= 0.1 * (gradient + 0.9 * velocity if nesterov else velocity)
        assert weight.item() == pytest.approx(value)


def test_label_smoothing() -> None:
    """The target is 1 - s for the label plus s / K for every class (Szegedy et al. 2016)."""
    logits, labels = torch.tensor([[2.0, 0.0, -1.0, 0.5]]), torch.tensor([3])
    target = torch.tensor([0.05, 0.05, 0.05, 0.85])
    expected = -(target * logits.log_softmax(dim=1)).sum()
    torch.testing.assert_close(loss_of(logits, labels, 0.2), expected)
    assert loss_of(logits.bfloat16(), labels, 0.2).dtype == torch.float32
