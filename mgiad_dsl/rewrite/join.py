"""Linear operators of sums: one application where there were two."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Binary, is_linear
from mgiad_dsl.rewrite.replaced import replaced


def join_linear(network: Network) -> Network:
    """``A x + A y = A (x + y)`` and ``A x - A y = A (x - y)``, where only the sum needs both.

    The later one of the two applications becomes ``x + y``, and the sum becomes the operator.
    """
    alone = _used_once(network)
    order = {name: number for number, name in enumerate(network.operations)}
    gone: dict[str, None] = {}
    changed: dict[str, Operation] = {}
    for name, node in network.operations.items():
        if not isinstance(node.op, Binary) or node.op.sign not in "+-":
            continue
        one, other = (network.operations[each] for each in node.inputs)
        both = {one.name, other.name}
        if not _alike(network, one, other) or not both <= alone or both & changed.keys():
            continue
        x = network.operations[one.inputs[0]]
        inputs = (*one.inputs, *other.inputs)
        earlier, later = sorted(both, key=order.__getitem__)
        changed[later] = replace(
            network.operations[later],
            op=node.op,
            inputs=inputs,
            shape=x.shape,
            place=x.place,
            group=None,
        )
        changed[name] = replace(node, op=one.op, inputs=(later,), group=one.group)
        gone[earlier] = None
    return replaced(network, gone, changed)


def _used_once(network: Network) -> set[str]:
    """Values that one operation works on, and that are no equation's."""
    uses = Counter(each for node in network.operations.values() for each in node.inputs)
    named = {equation.value for equation in network.equations()}
    return {name for name, number in uses.items() if number == 1 and name not in named}


def _alike(network: Network, one: Operation, other: Operation) -> bool:
    """Whether two operations are one linear operator, on two values of one shape."""
    if one.name == other.name or not is_linear(one.op) or not is_linear(other.op):
        return False
    given = [network.operations[each.inputs[0]].shape for each in (one, other)]
    same = (one.op, one.group, one.shape) == (other.op, other.group, other.shape)
    return same and given[0] == given[1]
