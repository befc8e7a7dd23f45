"""The closed set of operations of a network graph, as plain data.

Shapes are per image: ``(C, H, W)`` for features and data, ``(C,)`` for vectors, ``()`` for
learnable scalars. Whoever handles operations matches on all of them, with ``assert_never``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from typing_extensions import assert_never

Shape: TypeAlias = "tuple[int, ...]"
Pair: TypeAlias = "tuple[int, int]"


@dataclass(frozen=True)
class Input:
    """An image that the module is called with."""

    name: str


@dataclass(frozen=True)
class Zeros:
    """Zero of a space; its input only lends batch size, dtype and device."""


@dataclass(frozen=True)
class Constant:
    """A number of the spec as a factor."""

    value: int | Fraction


@dataclass(frozen=True)
class Scalar:
    """A learnable number: a weight of one element."""

    initial: int | Fraction


@dataclass(frozen=True)
class Conv:
    """A convolution or, ``transposed``, its adjoint."""

    channels_in: int
    channels_out: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = False
    transposed: bool = False
    output_padding: Pair = (0, 0)


@dataclass(frozen=True)
class Stencil:
    """One stencil applied to every channel: a buffer when ``fixed``, else a weight."""

    rows: tuple[tuple[int | Fraction, ...], ...]
    fixed: bool
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    transposed: bool = False
    output_padding: Pair = (0, 0)

    @property
    def kernel(self) -> Pair:
        return len(self.rows), len(self.rows[0])


@dataclass(frozen=True)
class Linear:
    features_in: int
    features_out: int
    bias: bool = True


@dataclass(frozen=True)
class BatchNorm:
    channels: int
    vector: bool = False


@dataclass(frozen=True)
class GroupNorm:
    channels: int
    groups: int


@dataclass(frozen=True)
class LayerNorm:
    """Over the channels of each point, with a scale and a shift per channel."""

    channels: int


@dataclass(frozen=True)
class Activation:
    name: str


@dataclass(frozen=True)
class Pool:
    """Average or maximum over a window; ``window`` None is the whole image."""

    maximum: bool
    window: Pair | None = None
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)


@dataclass(frozen=True)
class Upsample:
    size: Pair
    mode: str


@dataclass(frozen=True)
class Binary:
    """``+ - * / ^`` of two values; scalars and constants spread over tensors."""

    sign: str


@dataclass(frozen=True)
class Negate:
    pass


Weighted: TypeAlias = Conv | Stencil | Linear | BatchNorm | GroupNorm | LayerNorm | Scalar
Norm: TypeAlias = BatchNorm | GroupNorm | LayerNorm
Op: TypeAlias = Input | Zeros | Constant | Weighted | Activation | Pool | Upsample | Binary | Negate


def repeats(op: Op) -> bool:
    """Whether an operation gives the same again for the same inputs, and changes nothing.

    A batch norm in training updates its statistics at every use.
    """
    match op:
        case BatchNorm() | Input():
            return False
        case (
            Zeros() | Constant() | Scalar() | Conv() | Stencil() | Linear() | GroupNorm()
            | LayerNorm() | Activation() | Pool() | Upsample() | Binary() | Negate()
        ):  # fmt: skip
            return True
        case _:
            assert_never(op)


def is_number(op: Op) -> bool:
    """Whether an operation is a number of the spec or a learnable one, which computes nothing."""
    return isinstance(op, (Constant, Scalar))
