"""The closed set of operations of a network graph, as plain data.

Shapes are per image: ``(C, *size)`` for features and data, such as ``(C, H, W)``, ``(C,)`` for
vectors, ``()`` for learnable scalars. A size, a kernel or a stride is a tuple as long as the
image has dimensions; a stride, padding or dilation that is left out fits its kernel.
Whoever handles operations matches on all of them, with ``assert_never``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from typing_extensions import assert_never

Shape: TypeAlias = "tuple[int, ...]"
Size: TypeAlias = "tuple[int, ...]"
When = Literal["never", "training", "always"]
Rows: TypeAlias = "tuple[Any, ...]"  # numbers, nested as deep as the image has dimensions


def _complete(op: Conv | Stencil | Pool, kernel: Size, **defaults: int) -> None:
    """Give a field that was left out its default in every dimension of the kernel."""
    for name, default in defaults.items():
        if not getattr(op, name):
            object.__setattr__(op, name, (default,) * len(kernel))


@dataclass(frozen=True)
class Input:
    """An image that the module is called with.

    ``channels_last`` says when it is put so in memory if a CPU works on it.
    """

    name: str
    channels_last: When = "never"


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
    """A convolution or, ``transposed``, its adjoint.

    ``together`` groups may be computed as one, with zeros between them: so many on a CPU, and so
    many on a GPU. ``boundary`` is what the padding holds: ``zeros``, or the image goes on
    ``circular``, as ``replicate`` or ``reflect``. ``initial`` is how the weights start: from
    ``kaiming``'s or ``xavier``'s distribution, PyTorch's own ``uniform`` one, or at ``zero``.
    """

    channels_in: int
    channels_out: int
    kernel: Size
    stride: Size = ()
    padding: Size = ()
    dilation: Size = ()
    groups: int = 1
    bias: bool = False
    transposed: bool = False
    output_padding: Size = ()
    together: tuple[int, int] = (1, 1)
    boundary: str = "zeros"
    initial: str = "kaiming"

    def __post_init__(self) -> None:
        _complete(self, self.kernel, stride=1, padding=0, dilation=1, output_padding=0)

    @property
    def joins(self) -> bool:
        """Whether groups are computed together on any device."""
        return max(self.together) > 1


@dataclass(frozen=True)
class Stencil:
    """One stencil applied to every channel: a buffer when ``fixed``, else a weight.

    ``boundary`` is that of a `Conv`.
    """

    rows: Rows
    fixed: bool
    stride: Size = ()
    padding: Size = ()
    dilation: Size = ()
    transposed: bool = False
    output_padding: Size = ()
    boundary: str = "zeros"

    def __post_init__(self) -> None:
        _complete(self, self.kernel, stride=1, padding=0, dilation=1, output_padding=0)

    @property
    def kernel(self) -> Size:
        return lengths(self.rows)


@dataclass(frozen=True)
class Linear:
    """``initial`` is that of a `Conv`."""

    features_in: int
    features_out: int
    bias: bool = True
    initial: str = "uniform"


@dataclass(frozen=True)
class BatchNorm:
    """Of images of so many ``dimensions``; of vectors it is that of one."""

    channels: int
    dimensions: int = 2


@dataclass(frozen=True)
class GroupNorm:
    channels: int
    groups: int


@dataclass(frozen=True)
class LayerNorm:
    """Over the channels of each point, with a scale and a shift per channel."""

    channels: int


@dataclass(frozen=True)
class PReLU:
    """``max(x, 0) + a min(x, 0)`` with a learnable slope ``a`` for each channel."""

    channels: int


@dataclass(frozen=True)
class Dropout:
    """In training each element is zero with probability ``p``, the others are divided by 1 - p."""

    p: int | Fraction


@dataclass(frozen=True)
class DropPath:
    """In training each image is zero with probability ``p``, the others are divided by 1 - p."""

    p: int | Fraction


@dataclass(frozen=True)
class Activation:
    """``slope`` is that of a ``leaky_relu`` below zero, if it is not PyTorch's."""

    name: str
    slope: int | Fraction | None = None


@dataclass(frozen=True)
class Pool:
    """Average or maximum over a window; ``window`` None is the whole image."""

    maximum: bool
    window: Size | None = None
    stride: Size = ()
    padding: Size = ()

    def __post_init__(self) -> None:
        _complete(self, self.window or (), stride=1, padding=0)


@dataclass(frozen=True)
class Upsample:
    size: Size
    mode: str


@dataclass(frozen=True)
class Binary:
    """``+ - * / ^`` of two values; scalars and constants spread over tensors."""

    sign: str


@dataclass(frozen=True)
class Negate:
    pass


@dataclass(frozen=True)
class Join:
    """The channels of so many values side by side."""

    parts: int


def lengths(rows: Rows) -> Size:
    """The kernel of a stencil: how long its lists are, from the outermost to the numbers."""
    found, inner = [], rows
    while isinstance(inner, tuple):
        found.append(len(inner))
        inner = inner[0]
    return tuple(found)


_ZERO_AT_ZERO = frozenset(
    {"relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "hardswish", "tanh"}
)

Chance: TypeAlias = Dropout | DropPath
# What sharing groups are, and a module holds; chance alone has no tensors.
Weighted: TypeAlias = (
    Conv | Stencil | Linear | BatchNorm | GroupNorm | LayerNorm | PReLU | Chance | Scalar
)
Resampling: TypeAlias = Pool | Upsample
Op: TypeAlias = (
    Input | Zeros | Constant | Weighted | Activation | Resampling | Binary | Negate | Join
)


def repeats(op: Op) -> bool:
    """Whether an operation gives the same again for the same inputs, and changes nothing.

    A batch norm in training updates its statistics at every use, and chance draws anew.
    """
    match op:
        case BatchNorm() | Dropout() | DropPath() | Input():
            return False
        case (
            Zeros() | Constant() | Scalar() | Conv() | Stencil() | Linear() | GroupNorm()
            | LayerNorm() | PReLU() | Activation() | Pool() | Upsample() | Binary() | Negate()
            | Join()
        ):  # fmt: skip
            return True
        case _:
            assert_never(op)


def keeps_zero(op: Op) -> bool:
    """Whether an operation of one input makes zero of zero, whatever its weights.

    Chance does, but it also draws: what is drawn next is to be the same at every level.
    """
    match op:
        case Conv() | Linear():
            return not op.bias
        case Activation(name):
            return name in _ZERO_AT_ZERO
        case Stencil() | PReLU() | Pool() | Upsample() | Negate():
            return True
        case (
            Input() | Zeros() | Constant() | Scalar() | BatchNorm() | GroupNorm() | LayerNorm()
            | Dropout() | DropPath() | Binary() | Join()
        ):  # fmt: skip
            return False
        case _:
            assert_never(op)


def is_linear(op: Op) -> bool:
    """Whether an operation of one input is linear in it."""
    match op:
        case Conv() | Linear():
            return not op.bias
        case Pool(maximum=maximum):
            return not maximum
        case Stencil() | Upsample() | Negate():
            return True
        case (
            Input() | Zeros() | Constant() | Scalar() | BatchNorm() | GroupNorm() | LayerNorm()
            | PReLU() | Dropout() | DropPath() | Activation() | Binary() | Join()
        ):  # fmt: skip
            return False
        case _:
            assert_never(op)


def is_number(op: Op) -> bool:
    """Whether an operation is a number of the spec or a learnable one, which computes nothing."""
    return isinstance(op, (Constant, Scalar))
