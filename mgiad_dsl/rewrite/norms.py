"""Batch norms that become a part of the operator before them: for inference alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mgiad_dsl.graph.describe import noun
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import BatchNorm, Conv, Linear, Op
from mgiad_dsl.rewrite.replaced import replaced


def fold_norms(network: Network) -> Network:
    """``a (W x) + b = (a W) x + b`` where nothing but the norm ``a, b`` needs any ``W x``.

    In training a norm depends on the batch. The operator gets a bias, and is made of the norm too;
    one that several norms follow cannot take them all. A norm of a norm is folded after it.
    """
    while taken := _taken(network, _followed(network)):
        network = _folded(network, taken)
    return network


def unfolded(network: Network) -> Counter[str]:
    """How many norms are left after `fold_norms`, for each reason."""
    followed = _followed(network)
    norms = (node for node in network.operations.values() if isinstance(node.op, BatchNorm))
    return Counter(_reason(network, node, followed) for node in norms)


def _reason(network: Network, norm: Operation, followed: dict[str, str]) -> str:
    given = network.operations[norm.inputs[0]]
    if given.group is None or not isinstance(given.op, (Conv, Linear)):
        return f"whose input is {noun(given.op)}"
    if given.name not in followed:
        return "whose input is needed elsewhere, too"
    return f"whose operator {network.groups[given.group].family} has other uses"


def _followed(network: Network) -> dict[str, str]:
    """Values that nothing but one batch norm needs, and the sharing group of that."""
    uses = Counter(each for node in network.operations.values() for each in node.inputs)
    uses.update(network.outputs.values())
    return {
        node.inputs[0]: node.group
        for node in network.operations.values()
        if isinstance(node.op, BatchNorm) and node.group and uses[node.inputs[0]] == 1
    }


def _taken(network: Network, followed: dict[str, str]) -> dict[str, str]:
    """The groups of operators that can take a norm, and the group of that."""
    found: dict[str, str] = {}
    for name, group in network.groups.items():
        norms = {followed.get(user) for user in group.users}
        if isinstance(group.op, (Conv, Linear)) and len(norms) == 1:
            found.update((name, norm) for norm in norms if norm)
    return found


def _folded(network: Network, taken: dict[str, str]) -> Network:
    """The network with each norm behind such an operator in its place, as that operator."""
    gone: dict[str, None] = {}
    changed: dict[str, Operation] = {}
    for name, node in network.operations.items():
        given = network.operations[node.inputs[0]] if isinstance(node.op, BatchNorm) else None
        if given and given.group in taken:
            gone[given.name] = None
            op = _biased(given.op)
            changed[name] = replace(node, op=op, inputs=given.inputs, group=given.group)
    left = replaced(network, gone, changed)
    groups = dict(left.groups)
    for name, norm in taken.items():
        group = groups[name]
        made_of = (*group.made_of, *groups[norm].made_of)
        groups[name] = replace(group, op=_biased(group.op), made_of=made_of)
    return replace(left, groups=groups)


def _biased(op: Op) -> Conv | Linear:
    assert isinstance(op, (Conv, Linear))
    return replace(op, bias=True)
