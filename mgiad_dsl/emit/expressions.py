"""One operation as a Python expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import NetGraph, Node
from mgiad_dsl.graph.ops import Pair

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_PRECEDENCE = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
_ACTIVATIONS = {"tanh": "torch.tanh", "sigmoid": "torch.sigmoid"}

Text = tuple[str, int]  # an expression and how strongly it binds


class Expressions:
    """Writes nodes as expressions; values bound to a variable are written as it."""

    def __init__(
        self,
        graph: NetGraph,
        variable: Callable[[str], str | None],
        operator: Callable[[str], str],
        hoist: Callable[[str], str | None],
    ) -> None:
        self._graph = graph
        self._variable = variable
        self._operator = operator
        self._hoist = hoist

    def write(self, name: str) -> str:
        """The expression of a node."""
        return self._text(name)[0]

    def compute(self, name: str) -> str:
        """The expression that computes a node, even if a variable holds it already."""
        return self._computed(self._graph.nodes[name])[0]

    def _text(self, name: str) -> Text:
        variable = self._variable(name)
        if variable is not None:
            return variable, _ATOM
        text, binds = self._computed(self._graph.nodes[name])
        hoisted = self._hoist(text)
        return (hoisted, _ATOM) if hoisted else (text, binds)

    def _argument(self, node: Node) -> str:
        return self._text(node.inputs[0])[0]

    def _computed(self, node: Node) -> Text:
        match node.op:
            case ops.Input(name):
                return name, _ATOM
            case ops.Constant(value):
                text = number(value)
                return text, _SIGN if text.startswith("-") else _ATOM
            case ops.Scalar():
                return self._operator(node.group or ""), _ATOM
            case ops.Zeros():
                return self._zeros(node), _ATOM
            case ops.Binary(sign):
                return self._binary(node, sign)
            case ops.Negate():
                text, binds = self._text(node.inputs[0])
                return f"-{text}" if binds >= _SIGN else f"-({text})", _SIGN
            case ops.Activation(name):
                function = _ACTIVATIONS.get(name, f"F.{name}")
                return f"{function}({self._argument(node)})", _ATOM
            case ops.Pool():
                return pool(node.op, self._argument(node)), _ATOM
            case ops.Upsample():
                return self._upsample(node, node.op), _ATOM
            case ops.Linear():
                flat = self._graph.nodes[node.inputs[0]].shape
                inner = self._argument(node)
                inner = inner if len(flat) == 1 else f"torch.flatten({inner}, 1)"
                return f"{self._operator(node.group or '')}({inner})", _ATOM
            case ops.Conv() | ops.Stencil():
                return self._conv(node, node.op), _ATOM
            case ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm():
                return f"{self._operator(node.group or '')}({self._argument(node)})", _ATOM
            case _:
                assert_never(node.op)

    def _binary(self, node: Node, sign: str) -> Text:
        (left, one), (right, two) = map(self._text, node.inputs)
        binds = _PRECEDENCE[sign]
        if one < binds or (sign == "^" and one == binds):
            left = f"({left})"
        if two < binds or (two == binds and sign != "^" and not (sign == "+" and two == _SUM)):
            right = f"({right})"
        if sign == "^":
            simple = all(re.fullmatch(r"[\w.]+", side) for side in (left, right))
            return (f"{left}**{right}" if simple else f"{left} ** {right}"), binds
        return f"{left} {sign} {right}", binds

    def _zeros(self, node: Node) -> str:
        like = self._argument(node)
        if self._graph.nodes[node.inputs[0]].shape == node.shape:
            return f"torch.zeros_like({like})"
        return f"{like}.new_zeros({like}.shape[0], {', '.join(map(str, node.shape))})"

    def _conv(self, node: Node, op: ops.Conv | ops.Stencil) -> str:
        """A call; a transposed operator is told its size where its uses may differ in it."""
        operator, argument = self._operator(node.group or ""), self._argument(node)
        own = self._graph.groups[node.group or ""].op
        if isinstance(op, ops.Stencil) and op.output_padding != (0, 0):
            return f"{operator}({argument}, output_padding={pair(op.output_padding)})"
        if isinstance(own, ops.Conv) and op.output_padding != own.output_padding:
            return f"{operator}({argument}, output_size=({node.shape[1]}, {node.shape[2]}))"
        return f"{operator}({argument})"

    def _upsample(self, node: Node, op: ops.Upsample) -> str:
        height, width = self._graph.nodes[node.inputs[0]].shape[1:]
        if op.size[0] % height == 0 and op.size[0] // height == op.size[1] / width:
            to = f"scale_factor={op.size[0] // height}"
        else:
            to = f"size={op.size}"
        return f'F.interpolate({self._argument(node)}, {to}, mode="{op.mode}")'


def number(value: int | Fraction) -> str:
    """A number as Python writes it: exact where a float can be."""
    return str(value) if isinstance(value, int) else repr(float(value))


def pair(value: Pair) -> str:
    """``3`` for ``(3, 3)``"""
    return str(value[0]) if value[0] == value[1] else str(value)


def pool(op: ops.Pool, argument: str) -> str:
    """A pooling as a call."""
    kind = "max" if op.maximum else "avg"
    if op.window is None:
        return f"F.adaptive_{kind}_pool2d({argument}, 1)"
    padding = f", padding={pair(op.padding)}" if op.padding != (0, 0) else ""
    return f"F.{kind}_pool2d({argument}, {pair(op.window)}, stride={pair(op.stride)}{padding})"
