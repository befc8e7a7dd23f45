"""Which parameters are trained, and which of them decay."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgiad_dsl.train.machine.trial import trial_step
from mgiad_dsl.train.recipes.recipe import Recipe


def freeze_unused(model: nn.Module, image: Tensor) -> dict[str, nn.Parameter]:
    """Turn off the gradient of parameters that the output does not depend on; these, by name.

    A spec may declare weights that it never applies. They get no gradient; left trainable
    they would be decayed, and would trip DistributedDataParallel. Found by one step on
    ``image`` (C, H, W) that leaves no trace.
    """
    with trial_step(model, torch.stack([image, image])):
        unused = {
            name: parameter
            for name, parameter in model.named_parameters()
            if parameter.grad is None and parameter.requires_grad
        }
    for parameter in unused.values():
        parameter.requires_grad_(False)
    return unused


def make_optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """SGD with momentum; without ``decay_norms``, vectors (norms, biases) do not decay."""
    trained = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in trained if recipe.decay_norms or p.ndim > 1]
    others = [p for p in trained if not recipe.decay_norms and p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(
        [group for group in groups if group["params"]],
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov and recipe.momentum > 0,
    )


def loss_of(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Mean cross-entropy of logits (n, classes), in at least float32."""
    logits = logits.float() if logits.dtype in (torch.bfloat16, torch.float16) else logits
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)
