"""What the page knows of operations and sharing groups: plain data for its script."""

from __future__ import annotations

from mgiad_dsl.base.source import Span
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.counting.count import GroupCount
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import Network, Operation

Facts = dict[str, object]


def facts(compiled: Compiled) -> Facts:
    """Operations as the spec writes them, by their numbers, and sharing groups by their names."""
    network = compiled.written
    return {
        "operations": [_operation(each) for each in network.operations.values()],
        "groups": {group.name: _group(group, network) for group in compiled.count.groups},
    }


def _operation(operation: Operation) -> Facts:
    return {
        "what": describe(operation.op),
        "space": operation.place.label,
        "shape": " × ".join(map(str, operation.shape)),
        "group": operation.group,
        "line": line(operation.span),
    }


def _group(counted: GroupCount, network: Network) -> Facts:
    group = network.groups[counted.name]
    users = (network.operations[user].span for user in group.users)
    return {
        "kind": counted.kind,
        "role": counted.role,
        "level": counted.level,
        "weights": counted.weights,
        "uses": counted.uses,
        "dead": counted.dead,
        "declared": line(group.span),
        "lines": sorted({line(group.span), *map(line, users)}),
    }


def line(span: Span) -> int:
    """The line of the spec where something stands, from 1."""
    return span.source.place(span.start)[0]
