"""What operations take: the one place that says when an operation cannot work on its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from typing_extensions import assert_never

from mgiad_dsl.graph import ops, shapes
from mgiad_dsl.graph.ops import Op, Shape, Size


def misfit(op: Op, given: tuple[Shape, ...], made: Shape) -> str | None:
    """Why an operation cannot make a value of a shape from inputs of these; None if it can."""
    return next(_misfits(op, given, made), None)


def _misfits(op: Op, given: tuple[Shape, ...], made: Shape) -> Iterator[str]:
    """Each rule relies on those before it."""
    if len(given) != _arity(op):
        yield f"takes {_arity(op)} inputs, not {len(given)}"
    if given:
        ranks = {len(size) for size in _sizes(op)}
        if not ranks <= {len(given[0]) - 1}:
            yield f"has another rank than its input {given[0]}"
        yield from _wrong_channels(op, given)
    follows = shapes.result(op, given, made)
    if made != follows:
        yield f"makes {follows}, not {made}"
    if any(n < 1 for n in made):
        yield f"makes nothing: {made}"


def _arity(op: Op) -> int:
    match op:
        case ops.Input() | ops.Constant() | ops.Scalar():
            return 0
        case ops.Binary():
            return 2
        case ops.Join(parts):
            return parts
        case (
            ops.Zeros() | ops.Conv() | ops.Stencil() | ops.Linear() | ops.BatchNorm()
            | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU() | ops.Dropout() | ops.DropPath()
            | ops.Activation() | ops.Pool() | ops.Upsample() | ops.Negate()
        ):  # fmt: skip
            return 1
        case _:
            assert_never(op)


def _sizes(op: Op) -> tuple[Size, ...]:
    """What has a number for each dimension of the image."""
    match op:
        case ops.Conv() | ops.Stencil():
            return op.kernel, op.stride, op.padding, op.dilation, op.output_padding
        case ops.Pool(window=kernel) if kernel is not None:
            return kernel, op.stride, op.padding
        case ops.Upsample(size=size):
            return (size,)
        case (
            ops.Input() | ops.Zeros() | ops.Constant() | ops.Scalar() | ops.Linear()
            | ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU() | ops.Dropout()
            | ops.DropPath() | ops.Activation() | ops.Pool() | ops.Binary() | ops.Negate()
            | ops.Join()
        ):  # fmt: skip
            return ()
        case _:
            assert_never(op)


def _wrong_channels(op: Op, given: tuple[Shape, ...]) -> Iterator[str]:
    first = given[0]
    match op:
        case ops.Conv(channels_in=channels):
            if first[0] != channels:
                yield _other("channels", channels, first[0])
            if channels % op.groups or op.channels_out % op.groups:
                yield f"has {op.groups} groups, which do not divide its channels"
        case ops.Linear(features_in=features):
            if not first or prod(first) != features:
                yield _other("features", features, prod(first))
        case ops.BatchNorm(channels, dimensions):
            yield from _wrong_norm(channels, first)
            if dimensions != max(1, len(first) - 1):
                yield f"is a norm of images of {dimensions} dimensions, given {first}"
        case ops.LayerNorm(channels=channels) | ops.PReLU(channels=channels):
            yield from _wrong_norm(channels, first)
        case ops.GroupNorm(channels=channels, groups=groups):
            yield from _wrong_norm(channels, first)
            if channels % groups:
                yield f"has {groups} groups, which do not divide its channels"
        case ops.Binary(sign):
            spread = sign == "*" and shapes.spreads(*sorted(given, key=prod))
            if first != given[1] and () not in given and not spread:
                yield f"joins {first} and {given[1]}"
        case ops.Join():
            if len({shape[1:] for shape in given}) > 1 or () in given:
                yield f"joins {' and '.join(map(str, given))}"
        case ops.Pool() | ops.Upsample():
            if len(first) < 2:
                yield f"is given {first}, which has no points"
        case ops.Dropout(p) | ops.DropPath(p):
            if not first:
                yield "is given a number"
            if not 0 <= p < 1:
                yield f"has the probability {p}"
        case ops.Zeros():
            if not first:
                yield "takes its batch size from a number"
        case (
            ops.Input() | ops.Constant() | ops.Scalar() | ops.Stencil() | ops.Activation()
            | ops.Negate()
        ):  # fmt: skip
            pass
        case _:
            assert_never(op)


def _wrong_norm(channels: int, given: Shape) -> Iterator[str]:
    if given[:1] != (channels,):
        yield _other("channels", channels, given[0] if given else 1)


def _other(what: str, wanted: int, given: int) -> str:
    return f"takes {wanted} {what}, not {given}"
