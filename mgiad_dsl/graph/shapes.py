"""The shape rules: PyTorch's formulas, once, for lowering, verifying and counting."""

from __future__ import annotations

from math import prod

from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.ops import Op, Shape, Size


def window(size: Size, kernel: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """Size after a convolution or pooling."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def transposed(size: Size, op: ops.Conv | ops.Stencil) -> Size:
    """Size after a transposed convolution."""
    return tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + o + 1
        for n, k, s, p, d, o in zip(
            size, op.kernel, op.stride, op.padding, op.dilation, op.output_padding, strict=True
        )
    )


def result(op: Op, inputs: tuple[Shape, ...], own: Shape) -> Shape:
    """The shape that an operation gives for the shapes of its inputs.

    ``own`` answers for operations whose shape is no function of their inputs (`Input`,
    `Zeros`).
    """
    match op:
        case ops.Input() | ops.Zeros():
            return own
        case ops.Constant() | ops.Scalar():
            return ()
        case ops.Conv(channels_out=channels):
            return (channels, *_moved(op, inputs[0][1:]))
        case ops.Stencil():
            return (inputs[0][0], *_moved(op, inputs[0][1:]))
        case ops.Linear(features_out=features):
            return (features,)
        case ops.Pool(window=kernel):
            channels, *size = inputs[0]
            if kernel is None:
                return (channels, *(1 for _ in size))
            plain = (1,) * len(kernel)
            return (channels, *window(tuple(size), kernel, op.stride, op.padding, plain))
        case ops.Upsample(size=size):
            return (inputs[0][0], *size)
        case (
            ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU() | ops.Dropout()
            | ops.DropPath() | ops.Activation() | ops.Negate()
        ):  # fmt: skip
            return inputs[0]
        case ops.Binary():
            return max(inputs, key=lambda shape: (len(shape), prod(shape)))
        case ops.Join():
            return (sum(shape[0] for shape in inputs), *inputs[0][1:])
        case _:
            assert_never(op)


def spreads(small: Shape, large: Shape) -> bool:
    """Whether a value multiplies a larger one: it has as many channels and points, or one."""
    channels, points = small[:1], small[1:]
    return len(small) == len(large) and (
        channels in (large[:1], (1,)) and points in (large[1:], (1,) * len(points))
    )


def _moved(op: ops.Conv | ops.Stencil, size: Size) -> Size:
    if op.transposed:
        return transposed(size, op)
    return window(size, op.kernel, op.stride, op.padding, op.dilation)


def macs(op: Op, input_shape: Shape, output_shape: Shape) -> int:
    """Multiply-accumulates per image: of convolutions, stencils and linear maps.

    Norms, activations, pooling and sums count as none, as is usual in the field.
    """
    match op:
        case ops.Conv():
            per_weight = prod(input_shape[1:] if op.transposed else output_shape[1:])
            kernel = op.channels_in * op.channels_out // op.groups * prod(op.kernel)
            return per_weight * kernel
        case ops.Stencil():
            return prod(input_shape if op.transposed else output_shape) * prod(op.kernel)
        case ops.Linear():
            return op.features_in * op.features_out
        case (
            ops.Input()
            | ops.Zeros()
            | ops.Constant()
            | ops.Scalar()
            | ops.BatchNorm()
            | ops.GroupNorm()
            | ops.LayerNorm()
            | ops.PReLU()
            | ops.Dropout()
            | ops.DropPath()
            | ops.Activation()
            | ops.Pool()
            | ops.Upsample()
            | ops.Binary()
            | ops.Negate()
            | ops.Join()
        ):
            return 0
        case _:
            assert_never(op)
