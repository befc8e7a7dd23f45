"""A network computed from its graph, one operation after the other.

What an emitted file computes is compared with this: no code of outline or emit takes part,
but for the names in the ``state_dict``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from operator import add, mul, neg, pow, sub, truediv
from typing import TypeAlias
from zlib import crc32

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import stochastic_depth
from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.outline.names import attribute

Value: TypeAlias = "Tensor | float"

_SIGNS: Mapping[str, Callable[..., Value]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
    "^": pow,
}
_ACTIVATIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}


def run(
    network: Network,
    state: Mapping[str, Tensor],
    images: Mapping[str, Tensor],
    training: bool,
    eps: float = 1e-5,
    alike: bool = False,
) -> dict[str, Tensor]:
    """The outputs; ``state`` is that of the emitted module, its buffers change in training.

    ``eps`` is that of norms; what is ``alike`` draws by the name of an operation, whatever was
    drawn before.
    """
    values: dict[str, Value] = {}
    live = network.live()
    for node in network.operations.values():
        if isinstance(node.op, ops.Input):
            values[node.name] = images[node.op.name]
        elif node.name in live:
            given = [values[name] for name in node.inputs]
            if alike and isinstance(node.op, ops.Chance):
                torch.manual_seed(crc32(node.name.encode()))
            values[node.name] = _apply(node, given, _weights(network, node, state), training, eps)
    batch = len(next(iter(images.values())))
    shapes = {name: (batch, *network.operations[v].shape) for name, v in network.outputs.items()}
    found = {name: torch.as_tensor(values[v]) for name, v in network.outputs.items()}
    return {name: value.expand(shapes[name]) for name, value in found.items()}


def _weights(network: Network, node: Operation, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of an operator by their last names; a scalar's is called ``weight``."""
    if node.group is None:
        return {}
    group = network.groups[node.group]
    prefix = ".".join(filter(None, (attribute(group.family), group.key)))
    found = {key.removeprefix(f"{prefix}."): t for key, t in state.items()}
    return {"weight": state[prefix]} if prefix in state else found


def _apply(
    node: Operation, given: list[Value], w: Mapping[str, Tensor], training: bool, eps: float
) -> Value:
    op, x = node.op, given[0] if given else 0.0
    match op:
        case ops.Constant(value):
            return float(value) if isinstance(value, Fraction) or abs(value) > 2**53 else value
        case ops.Scalar():
            return w["weight"]
        case ops.Binary(sign):
            return _SIGNS[sign](*given)
        case ops.Negate():
            return neg(x)
        case ops.Join():
            return torch.cat([value for value in given if isinstance(value, Tensor)], dim=1)
    assert isinstance(x, Tensor)
    match op:
        case ops.Zeros():
            return x.new_zeros(len(x), *node.shape)
        case ops.Conv(groups=groups):
            return _convolved(x, w["weight"], w.get("bias"), op, groups)
        case ops.Stencil():
            channels = x.shape[1]
            return _convolved(x, w["weight"].expand(channels, 1, *op.kernel), None, op, channels)
        case ops.Linear():
            return F.linear(x.flatten(1), w["weight"], w.get("bias"))
        case ops.BatchNorm():
            if training:
                w["num_batches_tracked"].add_(1)
            statistics = w["running_mean"], w["running_var"]
            return F.batch_norm(x, *statistics, w["weight"], w["bias"], training, eps=eps)
        case ops.GroupNorm(groups=groups):
            return F.group_norm(x, groups, w["weight"], w["bias"], eps)
        case ops.LayerNorm(channels=channels):
            last = F.layer_norm(x.movedim(1, -1), (channels,), w["weight"], w["bias"], eps)
            return last.movedim(-1, 1).contiguous()
        case ops.PReLU():
            return F.prelu(x, w["weight"])
        case ops.Dropout(p):
            return F.dropout(x, float(p), training)
        case ops.DropPath(p):
            return stochastic_depth(x, float(p), "row", training)
        case ops.Activation(name, slope):
            more = () if slope is None else (float(slope),)
            return _ACTIVATIONS.get(name, getattr(F, name, None))(x, *more)
        case ops.Pool(maximum=maximum, window=None):
            kind = f"adaptive_{'max' if maximum else 'avg'}_pool{x.dim() - 2}d"
            return getattr(F, kind)(x, 1)
        case ops.Pool(maximum=maximum):
            pool = getattr(F, f"{'max' if maximum else 'avg'}_pool{x.dim() - 2}d")
            return pool(x, op.window, op.stride, op.padding)
        case ops.Upsample(size=size, mode=mode):
            return F.interpolate(x, size, mode=mode)
        case ops.Input():
            raise AssertionError
        case _:
            assert_never(op)


def _convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, op: ops.Conv | ops.Stencil, groups: int
) -> Tensor:
    x, padding = _padded(x, op)
    rank, dilation = f"{len(op.kernel)}d", op.dilation
    if not op.transposed:
        conv = getattr(F, f"conv{rank}")
        return conv(x, weight, bias, op.stride, padding, dilation, groups)
    conv = getattr(F, f"conv_transpose{rank}")
    return conv(x, weight, bias, op.stride, padding, op.output_padding, groups, dilation)


def _padded(x: Tensor, op: ops.Conv | ops.Stencil) -> tuple[Tensor, ops.Size]:
    """An image with its boundary around it, and the zeros that are left to add."""
    if op.boundary == "zeros":
        return x, op.padding
    for dim, (width, end) in enumerate(zip(op.padding, x.shape[2:], strict=True), start=2):
        at = torch.arange(-width, end + width)
        if op.boundary == "circular":
            at.remainder_(end)
        elif op.boundary == "replicate":
            at.clamp_(0, end - 1)
        else:
            at.abs_().copy_(torch.where(at >= end, 2 * (end - 1) - at, at))
        x = x.index_select(dim, at)
    return x, (0,) * len(op.padding)
