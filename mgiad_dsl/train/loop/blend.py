"""Weights between the first ones and the trained ones."""

from __future__ import annotations

import copy

import torch
from torch import nn

from mgiad_dsl.train.loop.average import tensors


class Blend:
    """``first + share * (trained - first)`` of all weights (Wortsman et al., Robust fine-tuning of
    zero-shot models, CVPR 2022): between a start that is good everywhere, such as a classical
    solver, and what training on one kind of data has made of it.
    """

    def __init__(self, model: nn.Module, share: float) -> None:
        self.share = share
        self.first = copy.deepcopy(model).requires_grad_(False)
        self.model = copy.deepcopy(self.first)

    @torch.no_grad()
    def of(self, trained: nn.Module) -> nn.Module:
        """The blend with these weights, always the same module; integer buffers are theirs."""
        triples = zip(tensors(self.model), tensors(self.first), tensors(trained), strict=True)
        for blended, first, last in triples:
            floating = blended.is_floating_point()
            blended.copy_(torch.lerp(first, last, self.share) if floating else last)
        return self.model
