"""The operators of a network as PyTorch modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from typing_extensions import assert_never

from mgiad_dsl.emit.expressions import number, pair
from mgiad_dsl.emit.layout import INDENT, Call, lines
from mgiad_dsl.emit.names import attribute
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import NetGraph, WeightGroup
from mgiad_dsl.graph.ops import Weighted

HELPERS = ("Stencil", "LayerNorm2d")

STENCIL = '''
class Stencil(nn.Module):
    """One stencil applied to every channel: a weight if it is learnable, else a buffer."""

    def __init__(self, rows, learnable, stride=1, padding=0, dilation=1, transposed=False):
        super().__init__()
        weight = torch.tensor(rows, dtype=torch.get_default_dtype())
        if learnable:
            self.weight = nn.Parameter(weight)
        else:
            self.register_buffer("weight", weight)
        self.geometry = {"stride": stride, "padding": padding, "dilation": dilation}
        self.transposed = transposed

    def forward(self, x, output_padding=0):
        channels = x.shape[1]
        weight = self.weight.expand(channels, 1, *self.weight.shape)
        if not self.transposed:
            return F.conv2d(x, weight, groups=channels, **self.geometry)
        return F.conv_transpose2d(
            x, weight, groups=channels, output_padding=output_padding, **self.geometry
        )
'''

LAYER_NORM = '''
class LayerNorm2d(nn.LayerNorm):
    """Over the channels of each point."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
'''


def helpers(graph: NetGraph) -> str:
    """The classes that the operators of a graph need beyond those of torch."""
    kinds = {type(group.op) for group in graph.groups.values()}
    classes = {ops.Stencil: STENCIL, ops.LayerNorm: LAYER_NORM}
    return "\n".join(text for kind, text in classes.items() if kind in kinds)


def definitions(graph: NetGraph) -> Iterator[str]:
    """The lines of ``__init__`` that make the operators, one family after another."""
    families: dict[str, list[WeightGroup]] = {}
    for group in sorted(graph.groups.values(), key=lambda group: group.span.start):
        families.setdefault(group.family, []).append(group)
    live = graph.live_groups()
    for family, groups in families.items():
        target = f"self.{attribute(family)}"
        if not any(group.name in live for group in groups):
            yield f"{INDENT * 2}# dead: no path to an output"
        if not groups[0].key:
            made = construct(groups[0].op)
            yield from lines(replace(made, head=f"{target} = {made.head}"), 2)
            continue
        holder = "ParameterDict" if isinstance(groups[0].op, ops.Scalar) else "ModuleDict"
        yield f"{INDENT * 2}{target} = nn.{holder}("
        yield f"{INDENT * 3}{{"
        for group in groups:
            made = construct(group.op)
            yield from lines(replace(made, head=f'"{group.key}": {made.head}', tail=","), 4)
        yield f"{INDENT * 3}}}"
        yield f"{INDENT * 2})"


def construct(op: Weighted) -> Call:
    """The call that makes a module, or the learnable number, of an operation."""
    match op:
        case ops.Conv():
            return _conv(op)
        case ops.Stencil():
            return _stencil(op)
        case ops.Linear(features_in=n, features_out=m):
            return Call("nn.Linear", (str(n), str(m)))
        case ops.BatchNorm(channels=c, vector=vector):
            return Call(f"nn.BatchNorm{1 if vector else 2}d", (str(c),))
        case ops.GroupNorm(channels=c, groups=g):
            return Call("nn.GroupNorm", (str(g), str(c)))
        case ops.LayerNorm(channels=c):
            return Call("LayerNorm2d", (str(c),))
        case ops.Scalar(initial=value):
            return Call("nn.Parameter", (f"torch.tensor({float(value)!r})",))
        case _:
            assert_never(op)


def _conv(op: ops.Conv) -> Call:
    name = "ConvTranspose2d" if op.transposed else "Conv2d"
    arguments = [str(op.channels_in), str(op.channels_out), pair(op.kernel), *_geometry(op)]
    if op.output_padding != (0, 0):
        arguments.append(f"output_padding={pair(op.output_padding)}")
    if op.groups != 1:
        arguments.append(f"groups={op.groups}")
    if not op.bias:
        arguments.append("bias=False")
    return Call(f"nn.{name}", tuple(arguments))


def _stencil(op: ops.Stencil) -> Call:
    rows = ", ".join("[" + ", ".join(number(v) for v in row) + "]" for row in op.rows)
    arguments = [f"[{rows}]", f"learnable={not op.fixed}", *_geometry(op)]
    if op.transposed:
        arguments.append("transposed=True")
    return Call("Stencil", tuple(arguments))


def _geometry(op: ops.Conv | ops.Stencil) -> list[str]:
    values = {"stride": op.stride, "padding": op.padding, "dilation": op.dilation}
    plain = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
    return [f"{key}={pair(value)}" for key, value in values.items() if value != plain[key]]
