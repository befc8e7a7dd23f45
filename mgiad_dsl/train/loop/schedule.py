"""The learning rate as a pure function of the step, so that a resumed run needs no state."""

from __future__ import annotations

import math

from mgiad_dsl.train.recipes.recipe import Recipe


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Learning rate of optimiser step ``step`` (from 0).

    Linear rise over ``recipe.warmup`` epochs, then ``recipe.schedule`` down to 0 at the end
    of training. By epoch, the rate is constant within one, as PyTorch's ``CosineAnnealingLR``
    stepped once an epoch gives (Loshchilov and Hutter, ICLR 2017).
    """
    now = step / steps_per_epoch if recipe.schedule_by == "step" else step // steps_per_epoch
    if now < recipe.warmup:
        # one step ahead: the very first step shall not have rate 0
        ahead = 1 / steps_per_epoch if recipe.schedule_by == "step" else 1
        return recipe.lr * min(1.0, (now + ahead) / recipe.warmup)
    rest = (now - recipe.warmup) / max(recipe.epochs - recipe.warmup, 1e-12)
    match recipe.schedule:
        case "cosine":
            return recipe.lr * (1 + math.cos(math.pi * rest)) / 2
        case "linear":
            return recipe.lr * (1 - rest)
        case "constant":
            return recipe.lr
