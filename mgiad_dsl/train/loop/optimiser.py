"""Which parameters are trained, which of them decay, and how."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer, RMSprop
from typing_extensions import assert_never

from mgiad_dsl.train.machine.trial import trial_step
from mgiad_dsl.train.recipes.recipe import Recipe


def freeze_unused(model: nn.Module, example: tuple[Tensor, ...]) -> dict[str, nn.Parameter]:
    """Turn off the gradient of parameters that the output does not depend on; these, by name.

    A spec may declare weights that it never applies. They get no gradient; left trainable
    they would be decayed, and would trip DistributedDataParallel. Found by one step on
    the inputs of one sample, which leaves no trace.
    """
    with trial_step(model, tuple(torch.stack([each, each]) for each in example)):
        unused = {
            name: parameter
            for name, parameter in model.named_parameters()
            if parameter.grad is None and parameter.requires_grad
        }
    for parameter in unused.values():
        parameter.requires_grad_(False)
    return unused


def make_optimiser(model: nn.Module, recipe: Recipe) -> Optimizer:
    """The optimiser of a recipe; without ``decay_norms``, vectors (norms, biases) do not decay.

    The decay of AdamW is not part of the gradient (Loshchilov and Hutter, ICLR 2019), that of
    SGD and RMSprop is.
    """
    groups, lr, momentum = _groups(model, recipe), recipe.lr, recipe.momentum
    match recipe.optimiser:
        case "sgd":
            nesterov = recipe.nesterov and momentum > 0
            return SGD(groups, lr=lr, momentum=momentum, nesterov=nesterov)
        case "adamw":
            return AdamW(groups, lr=lr, betas=recipe.betas, eps=recipe.eps)
        case "rmsprop":
            return RMSprop(groups, lr=lr, alpha=recipe.alpha, eps=recipe.eps, momentum=momentum)
        case _:
            assert_never(recipe.optimiser)


def _groups(model: nn.Module, recipe: Recipe) -> list[dict[str, Any]]:
    trained = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in trained if recipe.decay_norms or p.ndim > 1]
    others = [p for p in trained if not recipe.decay_norms and p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
