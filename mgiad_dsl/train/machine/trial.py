"""A step of a model that leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def trial_step(model: nn.Module, inputs: tuple[Tensor, ...]) -> Iterator[None]:
    """Go forward and backward in training mode on inputs (n, ...).

    Inside the context the gradients are there. At its end they are gone, and mode, buffers
    (statistics of norms) and random numbers are as they were.
    """
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    training = model.training
    try:
        with torch.random.fork_rng([inputs[0].device] if inputs[0].is_cuda else []):
            model.train()(*inputs).sum().backward()
        yield
    finally:
        model.train(training).zero_grad(set_to_none=True)
        for buffer, before in buffers:
            buffer.copy_(before)
