"""Batches as a model on a device takes them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

Inputs = tuple[Tensor, ...]


def as_inputs(given: Tensor | list[Tensor] | Inputs) -> Inputs:
    """What a batch holds besides its targets, as arguments of a network: one, or several."""
    return (given,) if isinstance(given, Tensor) else tuple(given)


def placed(
    batch: tuple[Tensor | Inputs, Tensor], device: torch.device, layout: torch.memory_format
) -> tuple[Inputs, Tensor]:
    """Inputs and targets on a device, images in a memory layout. Nothing waits for the device."""
    inputs, targets = batch
    there = tuple(
        laid_out(each.to(device, non_blocking=True), layout) for each in as_inputs(inputs)
    )
    return there, targets.to(device, non_blocking=True)


def repeated(sample: Tensor, n: int) -> Tensor:
    """A sample (...) as a batch of that alone (n, ...)."""
    return sample.expand(n, *sample.shape).contiguous()


def laid_out(tensor: Tensor, layout: torch.memory_format) -> Tensor:
    """Only images (n, C, H, W) have channels that could come last."""
    if layout is torch.channels_last and tensor.ndim != 4:
        return tensor
    return tensor.to(memory_format=layout)


def arranged(model: nn.Module, layout: torch.memory_format) -> nn.Module:
    """The model, its weights and buffers in a memory layout."""
    for each in (*model.parameters(), *model.buffers()):
        each.data = laid_out(each.data, layout)
    return model
