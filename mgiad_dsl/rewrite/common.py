"""Common subexpressions: ``op(x, ...)`` twice, with the same weights, is computed once."""

from __future__ import annotations

from collections.abc import Hashable

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import is_number, repeats
from mgiad_dsl.rewrite.replaced import replaced


def merge_common(network: Network) -> Network:
    """``y = op(x); z = op(x)`` becomes ``y = op(x); z = y``.

    Never for what has state or chance: the statistics of a batch norm change at every use; and
    a zero of one space is none of another.
    """
    first: dict[Hashable, str] = {}
    equal: dict[str, str] = {}
    for name, node in network.operations.items():
        if repeats(node.op):
            inputs = tuple(equal.get(each, each) for each in node.inputs)
            same = (node.op, inputs, node.group, node.shape, node.place)
            equal[name] = first.setdefault(same, name)
    # A number costs nothing: it stays where it is used.
    leaves = {name for name, node in network.operations.items() if is_number(node.op)}
    renamed = {name: same for name, same in equal.items() if same != name and name not in leaves}
    return replaced(network, renamed)
