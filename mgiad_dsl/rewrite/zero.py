"""Zeros: an operator without a bias makes zero of zero, and a sum with zero is its other side."""

from __future__ import annotations

from dataclasses import replace

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Binary, Negate, Zeros, keeps_zero
from mgiad_dsl.rewrite.replaced import replaced


def drop_zeros(network: Network) -> Network:
    """``A 0 = 0``; ``x + 0 = x - 0 = x``; ``0 - x = -x``; ``a 0 = 0``.

    So the first residual of a network, ``f - A u`` with ``u = 0``, is ``f``.
    """
    zeros = {name for name, node in network.operations.items() if isinstance(node.op, Zeros)}
    same: dict[str, str] = {}
    changed: dict[str, Operation] = {}
    for name, node in network.operations.items():
        inputs = tuple(same.get(each, each) for each in node.inputs)
        now = _simpler(replace(node, inputs=inputs), [each in zeros for each in inputs])
        if isinstance(now, str):
            same[name] = now
        elif now is not None:
            if isinstance(now.op, Zeros):  # like what that zero is like
                zeros.add(name)
                like = changed.get(now.inputs[0]) or network.operations[now.inputs[0]]
                now = replace(now, inputs=like.inputs)
            changed[name] = now
    return replaced(network, same, changed)


def _simpler(node: Operation, zero: list[bool]) -> Operation | str | None:
    """What gives the same: another value, another operation; None if nothing does."""
    match node.op:
        case Binary("+" | "-") if zero[1]:
            return node.inputs[0]
        case Binary("+") if zero[0]:
            return node.inputs[1]
        case Binary("-") if zero[0]:
            return replace(node, op=Negate(), inputs=node.inputs[1:])
        case Binary("*") if any(zero):
            return replace(node, op=Zeros(), inputs=(node.inputs[zero.index(True)],))
        case Binary("/") if zero[0]:
            return replace(node, op=Zeros(), inputs=node.inputs[:1])
    if keeps_zero(node.op) and zero[0]:
        return replace(node, op=Zeros(), group=None)
    return None
