"""Steps of a model that leave no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def traceless(model: nn.Module, device: torch.device) -> Iterator[None]:
    """A context at whose end gradients are gone, and mode, buffers (statistics of norms) and random
    numbers are as they were.
    """
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    training = model.training
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        model.train(training).zero_grad(set_to_none=True)
        for buffer, before in buffers:
            buffer.copy_(before)


@contextmanager
def trial_step(model: nn.Module, inputs: tuple[Tensor, ...]) -> Iterator[None]:
    """Go forward and backward in training mode on inputs (n, ...). Inside the context the
    gradients are there; it leaves no trace.
    """
    with traceless(model, inputs[0].device):
        model.train()(*inputs).sum().backward()
        yield
