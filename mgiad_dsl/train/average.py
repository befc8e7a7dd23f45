"""Exponential moving average of weights (Polyak averaging)."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class Average:
    """A copy of a model that follows it: average <- d * average + (1 - d) * model.

    d rises to ``decay``, as (1 + step) / (10 + step) does: the first weights are soon forgotten.

    ``torch.optim.swa_utils.AveragedModel`` does the same but copies its counter to the
    device in every step, which makes the host wait for the GPU.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Follow ``model`` after its step ``step`` (from 0); integer buffers are copied."""
        decay = min(self.decay, (1 + step) / (10 + step))
        pairs = list(zip(tensors(self.model), tensors(model), strict=True))
        floating = [pair for pair in pairs if pair[0].is_floating_point()]
        averages, values = [a for a, _ in floating], [v for _, v in floating]
        torch._foreach_lerp_(averages, values, 1 - decay)
        for average, value in pairs:
            if not average.is_floating_point():
                average.copy_(value)


def tensors(model: nn.Module) -> list[Tensor]:
    return [*model.parameters(), *model.buffers()]
