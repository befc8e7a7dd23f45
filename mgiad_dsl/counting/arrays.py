"""Tensors as numbers of elements, and the bytes of an element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.graph.ops import Shape
from mgiad_dsl.language.words import did_you_mean

Content = Literal["values", "statistics", "integers", "booleans"]


@dataclass(frozen=True)
class Dtype:
    """What a network is converted to, as ``network.to(torch.bfloat16)`` does.

    Statistics of norms have at least float32 all the same, and integers stay what they are.
    """

    name: str
    width: int

    def bytes(self, content: Content) -> int:
        """The bytes of an element."""
        statistics = max(4, self.width)
        widths = {"values": self.width, "statistics": statistics, "integers": 8, "booleans": 1}
        return widths[content]


_DTYPES: Mapping[str, Dtype] = {
    "float32": Dtype("float32", 4),
    "fp32": Dtype("float32", 4),
    "bfloat16": Dtype("bfloat16", 2),
    "bf16": Dtype("bfloat16", 2),
    "float16": Dtype("float16", 2),
    "fp16": Dtype("float16", 2),
    "float64": Dtype("float64", 8),
}


def known_dtype(name: str) -> Dtype:
    """The dtype that a name means.

    Raises:
        SpecError: there is none.
    """
    if name not in _DTYPES:
        hint = did_you_mean(name, _DTYPES) or ", ".join(_DTYPES)
        raise SpecError(f"there is no dtype {name}", hint=hint)
    return _DTYPES[name]


@dataclass(frozen=True)
class Array:
    """The elements of a tensor: for each image of a batch, or once for all."""

    elements: int
    each: bool
    content: Content = "values"

    def bytes(self, batch: int, dtype: Dtype) -> int:
        return self.elements * (batch if self.each else 1) * dtype.bytes(self.content)


def value(shape: Shape) -> Array:
    """A value of a network; what is made of learnable numbers alone has no images."""
    return Array(prod(shape), each=bool(shape))
