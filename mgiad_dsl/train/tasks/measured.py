"""What all tasks have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Model = Callable[..., Tensor]  # inputs (n, ...), one argument each, to outputs (n, ...)
Inputs = tuple[Tensor, ...]


class Measured(NamedTuple):
    """Of a training batch: the mean loss, to be differentiated, and a figure summed over it."""

    loss: Tensor
    figure: Tensor


def at_least_float32(values: Tensor) -> Tensor:
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
