"""What is added and taken away again."""

from __future__ import annotations

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Binary
from mgiad_dsl.rewrite.replaced import replaced


def cancel(network: Network) -> Network:
    """``(r + a) - a = (a + r) - a = (r - a) + a = a + (r - a) = r``.

    The right-hand side of a coarser level is ``f = r + A u``, so that its first residual
    ``f - A u`` is the restricted residual ``r`` that came down.
    """
    same: dict[str, str] = {}
    for name, node in network.operations.items():
        left = _cancelled(network, node, same)
        if left is not None:
            same[name] = left
    return replaced(network, same)


def _cancelled(network: Network, node: Operation, same: dict[str, str]) -> str | None:
    """What is left of a sum or a difference in which a value meets itself."""
    if not isinstance(node.op, Binary) or node.op.sign not in "+-":
        return None
    first, second = (same.get(each, each) for each in node.inputs)
    if node.op.sign == "-":
        return _without(network, first, "+", second, same)
    return _without(network, first, "-", second, same) or _without(
        network, second, "-", first, same
    )


def _without(
    network: Network, sum_: str, sign: str, value: str, same: dict[str, str]
) -> str | None:
    """``r`` where the first value is ``r + value``, or ``r - value``, of the same shape."""
    node = network.operations[sum_]
    if node.op != Binary(sign) or node.shape != network.operations[value].shape:
        return None
    first, second = (same.get(each, each) for each in node.inputs)
    rest = first if second == value else second if first == value and sign == "+" else None
    fits = rest is not None and network.operations[rest].shape == node.shape
    return rest if fits else None
