"""Weights that nothing uses: for inference alone, where none are trained."""

from __future__ import annotations

from dataclasses import replace

from mgiad_dsl.graph.network import Network, WeightGroup


def drop_unused(network: Network) -> Network:
    """``W`` goes where nothing is ``W x``; norms that lie in a list with those that go move up."""
    used = [group for group in network.groups.values() if group.users]
    numbers: dict[object, list[str | int]] = {}  # of the norms in each list
    for group in used:
        if group.path:
            numbers.setdefault((group.family, group.path[:-1]), []).append(group.path[-1])
    moved = {group.name: _moved(group, numbers) for group in used}
    operations = {
        name: replace(node, group=moved[node.group].name) if node.group else node
        for name, node in network.operations.items()
    }
    groups = {group.name: group for group in moved.values()}
    return replace(network, operations=operations, groups=groups)


def _moved(group: WeightGroup, numbers: dict[object, list[str | int]]) -> WeightGroup:
    """A group at its place in the list of those that stay."""
    if not group.path:
        return group
    *at, number = group.path
    stay = sorted(numbers[group.family, group.path[:-1]])
    return replace(group, path=(*at, stay.index(number)))
