"""Operations in words, for messages, tables and diagrams."""

from __future__ import annotations

from collections.abc import Mapping

from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.ops import Op, Size

_RESULTS = {"+": "a sum", "-": "a difference", "*": "a product", "/": "a quotient", "^": "a power"}


def describe(op: Op) -> str:
    """``conv 3x3 64 -> 128, stride 2, 4 groups``"""
    match op:
        case ops.Conv():
            return _conv(op)
        case ops.Stencil():
            fixed = "fixed" if op.fixed else "learnable"
            return f"{fixed} stencil {by(op.kernel)}{_stride(op.stride)}{_around(op)}"
        case ops.Linear():
            return f"linear {op.features_in} -> {op.features_out}"
        case ops.BatchNorm():
            return f"batchnorm {op.channels}"
        case ops.GroupNorm():
            return f"groupnorm {op.channels}, {op.groups} groups"
        case ops.LayerNorm():
            return f"layernorm {op.channels}"
        case ops.PReLU():
            return f"prelu {op.channels}"
        case ops.Dropout(p):
            return f"dropout {float(p):g}"
        case ops.DropPath(p):
            return f"droppath {float(p):g}"
        case ops.Scalar():
            return f"scalar {float(op.initial):g}"
        case ops.Activation(name, slope) if slope is not None:
            return f"{name} {float(slope):g}"
        case ops.Activation(name) | ops.Input(name):
            return name
        case ops.Pool():
            return f"{_pool_name(op)}{_stride(op.stride)}"
        case ops.Upsample():
            return f"upsample to {by(op.size)}"
        case ops.Constant(value):
            return f"{float(value):g}"
        case ops.Binary(sign):
            return sign
        case ops.Negate():
            return "-"
        case ops.Zeros():
            return "0"
        case ops.Join(parts):
            return f"{parts} side by side"
        case _:
            assert_never(op)


def level(levels: Mapping[str, int]) -> str:
    """``l=2 k=0``"""
    return " ".join(f"{index}={value}" for index, value in levels.items())


def noun(op: Op) -> str:
    """What an operation gives: ``a sum``, ``an activation``"""
    match op:
        case ops.Conv():
            return "a convolution"
        case ops.Stencil():
            return "a stencil"
        case ops.Linear():
            return "a linear map"
        case ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm():
            return "a norm"
        case ops.PReLU() | ops.Activation():
            return "an activation"
        case ops.Dropout() | ops.DropPath():
            return "a dropout"
        case ops.Pool():
            return "a pooling"
        case ops.Upsample():
            return "an upsampling"
        case ops.Binary(sign):
            return _RESULTS[sign]
        case ops.Negate():
            return "a negative"
        case ops.Input():
            return "an input"
        case ops.Zeros():
            return "a zero"
        case ops.Constant() | ops.Scalar():
            return "a number"
        case ops.Join():
            return "several values side by side"
        case _:
            assert_never(op)


def initial(op: Op) -> str:
    """``, init zero``: what the weights start from, if not what others of the kind do."""
    if not isinstance(op, (ops.Conv, ops.Linear)) or op.initial == type(op).initial:
        return ""
    return f", init {op.initial}"


def by(size: Size) -> str:
    """``3x3``"""
    return "x".join(map(str, size))


def kind(op: Op) -> str:
    """``conv 3x3, stride 2, groups of 4``: without the channels and sizes of a level."""
    match op:
        case ops.Conv():
            return f"{_conv_name(op)}{_stride(op.stride)}{_group_size(op)}{_around(op)}"
        case ops.Linear():
            return "linear"
        case ops.BatchNorm():
            return "batchnorm"
        case ops.GroupNorm(channels, groups):
            return f"groupnorm, groups of {channels // groups}"
        case ops.LayerNorm():
            return "layernorm"
        case ops.PReLU():
            return "prelu"
        case ops.Pool():
            return _pool_name(op) + ("" if op.stride == op.window else _stride(op.stride))
        case ops.Upsample(mode=mode):
            return "upsample" if mode == "nearest" else f"upsample {mode}"
        case (
            ops.Stencil() | ops.Scalar() | ops.Dropout() | ops.DropPath() | ops.Activation()
            | ops.Input() | ops.Constant() | ops.Binary() | ops.Negate() | ops.Zeros() | ops.Join()
        ):  # fmt: skip
            return describe(op)
        case _:
            assert_never(op)


def _conv(op: ops.Conv) -> str:
    if op.groups == 1:
        groups = ""
    elif _is_depthwise(op):
        groups = ", depthwise"
    else:
        groups = f", {op.groups} groups"
    channels = f"{op.channels_in} -> {op.channels_out}"
    return f"{_conv_name(op)} {channels}{_stride(op.stride)}{groups}{_around(op)}"


def _around(op: ops.Conv | ops.Stencil) -> str:
    """``, circular``: what the padding holds, if not zeros."""
    return "" if op.boundary == "zeros" else f", {op.boundary}"


def _conv_name(op: ops.Conv) -> str:
    return f"{'transposed conv' if op.transposed else 'conv'} {by(op.kernel)}"


def grouping(op: ops.Conv) -> str:
    """``groups of 4``, as the spec says it: of the side that has more channels."""
    if op.groups == 1:
        return ""
    if _is_depthwise(op):
        return "depthwise"
    return f"groups of {max(op.channels_in, op.channels_out) // op.groups}"


def _group_size(op: ops.Conv) -> str:
    return f", {grouping(op)}" if op.groups > 1 else ""


def _is_depthwise(op: ops.Conv) -> bool:
    return 1 < op.groups == min(op.channels_in, op.channels_out)


def _stride(stride: Size) -> str:
    if set(stride) <= {1}:
        return ""
    return f", stride {stride[0] if len(set(stride)) == 1 else by(stride)}"


def _pool_name(op: ops.Pool) -> str:
    name = "maxpool" if op.maximum else "avgpool"
    return name if op.window is None else f"{name} {by(op.window)}"
