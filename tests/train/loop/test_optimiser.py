from __future__ import annotations

import pytest
import torch
from torch import nn

from mgiad_dsl.train.loop.optimiser import make_optimiser
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.tasks.classes import loss_of


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.parametrize("decay_norms", [True, False])
def test_norms_and_biases_decay_only_if_asked(decay_norms, optimiser) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    for parameter in model.parameters():
        nn.init.ones_(parameter)
        parameter.grad = torch.zeros_like(parameter)
    recipe = Recipe(optimiser=optimiser, lr=0.5, weight_decay=0.1, decay_norms=decay_norms)
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


def parameter_after(recipe: Recipe, gradients: list[float]) -> list[float]:
    """A weight of one entry that starts at 1, after each of these gradients."""
    model = nn.Module()
    model.weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimiser, values = make_optimiser(model, recipe), []
    for gradient in gradients:
        model.weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimiser.step()
        values.append(model.weight.item())
    return values


GRADIENTS = [1.0, -2.0, 0.5]


def test_adamw() -> None:
    """The decay comes first, apart from the gradient (Loshchilov and Hutter 2019, alg. 2)."""
    fields = {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.2}
    found = parameter_after(Recipe(optimiser="adamw", lr=0.1, **fields), GRADIENTS)
    weight, mean, square = 1.0, 0.0, 0.0
    for step, (gradient, value) in enumerate(zip(GRADIENTS, found, strict=True), start=1):
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        weight -= 0.1 * 0.2 * weight
        weight -= 0.1 * (mean / (1 - 0.8**step)) / ((square / (1 - 0.95**step)) ** 0.5 + 1e-3)
        assert value == pytest.approx(weight, rel=1e-12)


def test_rmsprop() -> None:
    """The gradient, decay included, over the root of its mean square; then momentum."""
    fields = {"alpha": 0.9, "eps": 1e-3, "momentum": 0.5, "weight_decay": 0.2}
    found = parameter_after(Recipe(optimiser="rmsprop", lr=0.1, **fields), GRADIENTS)
    weight, square, velocity = 1.0, 0.0, 0.0
    for gradient, value in zip(GRADIENTS, found, strict=True):
        gradient += 0.2 * weight
        square = 0.9 * square + 0.1 * gradient**2
        velocity = 0.5 * velocity + gradient / (square**0.5 + 1e-3)
        weight -= 0.1 * velocity
        assert value == pytest.approx(weight, rel=1e-12)


def test_label_smoothing() -> None:
    """The target is 1 - s for the label plus s / K for every class (Szegedy et al. 2016)."""
    logits, labels = torch.tensor([[2.0, 0.0, -1.0, 0.5]]), torch.tensor([3])
    target = torch.tensor([0.05, 0.05, 0.05, 0.85])
    expected = -(target * logits.log_softmax(dim=1)).sum()
    torch.testing.assert_close(loss_of(logits, labels, 0.2), expected)
    assert loss_of(logits.bfloat16(), labels, 0.2).dtype == torch.float32
