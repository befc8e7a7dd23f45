"""Factors of factors, and signs of signs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Binary, Constant, Negate
from mgiad_dsl.rewrite.replaced import replaced


def fold_constants(network: Network) -> Network:
    """``a (b x) = (a b) x`` for numbers ``a``, ``b``; ``-(-x) = x``; ``x - (-y) = x + y``."""
    changed: dict[str, Operation] = {}
    same: dict[str, str] = {}
    operations = dict(network.operations)
    for name, node in network.operations.items():
        now = _folded(operations, node)
        if isinstance(now, str):
            same[name] = now
        elif now is not None:
            for each in now:
                changed[each.name] = operations[each.name] = each
    return replaced(network, {name: _end(same, value) for name, value in same.items()}, changed)


def _end(same: dict[str, str], value: str) -> str:
    while value in same:
        value = same[value]
    return value


def _folded(
    operations: dict[str, Operation], node: Operation
) -> tuple[Operation, ...] | str | None:
    """What gives the same: another value, or the operations as they are to be."""
    if isinstance(node.op, Negate):
        inner = operations[node.inputs[0]]
        return inner.inputs[0] if isinstance(inner.op, Negate) else None
    if isinstance(node.op, Binary):
        signed = node.op.sign in "+-"
        return _signs(operations, node) if signed else _factors(operations, node)
    return None


def _signs(operations: dict[str, Operation], node: Operation) -> tuple[Operation, ...] | None:
    first, second = node.inputs
    inner = operations[second]
    if not isinstance(inner.op, Negate) or operations[first].shape != inner.shape:
        return None
    sign = "-" if node.op == Binary("+") else "+"
    return (replace(node, op=Binary(sign), inputs=(first, inner.inputs[0])),)


def _factors(operations: dict[str, Operation], node: Operation) -> tuple[Operation, ...] | None:
    """``(a b) x`` for ``a (b x)``: the number ``a`` becomes ``a b``."""
    outer = _factor(operations, node)
    inner = outer and _factor(operations, operations[outer[2]])
    if not outer or not inner:
        return None
    number, factor, _ = outer
    product = replace(operations[number], op=Constant(factor * inner[1]))
    return product, replace(node, op=Binary("*"), inputs=(number, inner[2]))


def _factor(operations: dict[str, Operation], node: Operation) -> tuple[str, Fraction, str] | None:
    """The number in a product or a quotient, its worth as a factor, and the rest."""
    if not isinstance(node.op, Binary) or node.op.sign not in "*/":
        return None
    first, second = (operations[each] for each in node.inputs)
    if isinstance(second.op, Constant) and first.shape:
        worth = Fraction(second.op.value)
        return second.name, worth if node.op.sign == "*" else 1 / worth, first.name
    if isinstance(first.op, Constant) and second.shape and node.op.sign == "*":
        return first.name, Fraction(first.op.value), second.name
    return None
