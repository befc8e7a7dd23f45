"""What the trainer needs to know of a compiled spec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Network:
    """A compiled spec, ready to train.

    ``build`` executes the emitted source and returns a freshly initialised module (random
    numbers from torch's global generator) that maps images (n, C, H, W) to logits
    (n, ``outputs``). ``weights`` and ``macs`` (multiply-adds for one image) are the
    compiler's counts; ``dead`` are the parameters that it has warned of: no output needs them.
    """

    name: str
    build: Callable[[], nn.Module]
    input_shape: tuple[int, int, int]
    outputs: int
    weights: int
    macs: int
    spec_text: str
    source: str
    settings: dict[str, object]
    dead: frozenset[str] = frozenset()
