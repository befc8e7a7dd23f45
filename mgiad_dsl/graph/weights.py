"""The one counting rule: which tensors each operation owns, and how large they are.

Names and shapes are those of the PyTorch modules that the emitted source builds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.ops import Shape, Weighted


@dataclass(frozen=True)
class Tensor:
    """A weight (trainable) or a buffer of an operation; an ``integer`` is never converted."""

    name: str
    shape: Shape
    trainable: bool = True
    integer: bool = False

    @property
    def elements(self) -> int:
        return prod(self.shape)


def tensors(op: Weighted) -> tuple[Tensor, ...]:
    """All tensors that an operation owns, in the order of its ``state_dict``."""
    match op:
        case ops.Conv():
            return _conv(op)
        case ops.Stencil():
            return (Tensor("weight", op.kernel, trainable=not op.fixed),)
        case ops.Linear(features_in=n, features_out=m):
            bias = (Tensor("bias", (m,)),) if op.bias else ()
            return (Tensor("weight", (m, n)), *bias)
        case ops.Scalar():
            return (Tensor("", ()),)
        case ops.BatchNorm(channels=c):
            statistics = (
                Tensor("running_mean", (c,), trainable=False),
                Tensor("running_var", (c,), trainable=False),
                Tensor("num_batches_tracked", (), trainable=False, integer=True),
            )
            return (Tensor("weight", (c,)), Tensor("bias", (c,)), *statistics)
        case ops.GroupNorm(channels=c) | ops.LayerNorm(channels=c):
            return (Tensor("weight", (c,)), Tensor("bias", (c,)))
        case ops.PReLU(channels=c):
            return (Tensor("weight", (c,)),)
        case ops.Dropout() | ops.DropPath():
            return ()
        case _:
            assert_never(op)


def _conv(op: ops.Conv) -> tuple[Tensor, ...]:
    first, second = op.channels_out, op.channels_in
    if op.transposed:
        first, second = second, first
    weight = Tensor("weight", (first, second // op.groups, *op.kernel))
    return (weight, Tensor("bias", (op.channels_out,))) if op.bias else (weight,)


def trainable(op: Weighted) -> int:
    """Number of trainable elements."""
    return sum(tensor.elements for tensor in tensors(op) if tensor.trainable)


def buffers(op: Weighted) -> int:
    """Number of elements that are kept but not trained."""
    return sum(tensor.elements for tensor in tensors(op) if not tensor.trainable)


def ungrouped(op: Weighted) -> int:
    """Trainable elements if every group count of a convolution were 1."""
    return trainable(replace(op, groups=1) if isinstance(op, ops.Conv) else op)


def shares_weights(one: Weighted, other: Weighted) -> bool:
    """Whether two uses can share one set of weights.

    Everything must agree but the output padding of a transposed operator, which follows
    from the size it is to give.
    """
    if one == other:
        return True
    if isinstance(other, (ops.Conv, ops.Stencil)) and isinstance(one, (ops.Conv, ops.Stencil)):
        return one == replace(other, output_padding=one.output_padding)
    return False
