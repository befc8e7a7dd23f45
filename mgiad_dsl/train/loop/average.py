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
        pairs = list(zip(tensors(self.model), tensors(model), strict=True))
        self.floating = [pair for pair in pairs if pair[0].is_floating_point()]
        self.counts = [pair for pair in pairs if not pair[0].is_floating_point()]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Follow the model after its step ``step`` (from 0); integer buffers are copied."""
        decay = min(self.decay, (1 + step) / (10 + step))
        averages, values = zip(*self.floating, strict=True)
        torch._foreach_lerp_(averages, values, 1 - decay)
        if self.counts:
            copies, counts = zip(*self.counts, strict=True)
            torch._foreach_copy_(copies, counts)


def tensors(model: nn.Module) -> list[Tensor]:
    return [*model.parameters(), *model.buffers()]
