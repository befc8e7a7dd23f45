"""The flat graph as nested regions: levels, parts of cycles, steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mgiad_dsl.graph.network import Frame, NetGraph, Node, Statement


@dataclass
class Region:
    """A stretch ``first:last`` of the statements of a graph that share a scope."""

    frames: tuple[Frame, ...]
    first: int
    last: int
    children: list[Region | int] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def walk(self) -> Iterator[Region]:
        """This region and all inside it."""
        todo = [self]
        while todo:
            each = todo.pop()
            yield each
            todo.extend(child for child in each.children if isinstance(child, Region))

    def levels(self) -> Iterator[Region]:
        """The regions of levels directly inside, in the order they are visited."""
        inside = (child for child in self.children if isinstance(child, Region))
        return (child for child in inside if child.frame.kind == "level")

    def is_cycle(self) -> bool:
        """Whether a cycle over several levels runs inside."""
        return len({child.frame.value for child in self.levels()}) > 1


class Flow:
    """Which values live statements need, and until when."""

    def __init__(self, graph: NetGraph) -> None:
        self.graph = graph
        self.live = graph.live()
        self.nodes_of: list[list[Node]] = [[] for _ in graph.statements]
        self.last_use: dict[str, int] = {}
        for node in graph.nodes.values():
            if node.name not in self.live:
                continue
            self.nodes_of[node.statement].append(node)
            for name in node.inputs:
                self.last_use[name] = max(self.last_use.get(name, -1), node.statement)
        for name in graph.outputs.values():
            self.last_use[name] = len(graph.statements)

    def is_live(self, statement: Statement) -> bool:
        return statement.value in self.live

    def nodes(self, region: Region) -> Iterator[Node]:
        """The live nodes of a region, in order."""
        for index in range(region.first, region.last):
            yield from self.nodes_of[index]

    def statements(self, region: Region) -> Iterator[Statement]:
        """The live statements of a region, in order."""
        for index in range(region.first, region.last):
            if self.is_live(self.graph.statements[index]):
                yield self.graph.statements[index]

    def groups(self, region: Region) -> list[str]:
        """The sharing groups that a region uses, by first use, norms last."""
        used = dict.fromkeys(n.group for n in self.nodes(region) if n.group is not None)
        return sorted(used, key=lambda name: self.graph.groups[name].role == "norm")


def regions(graph: NetGraph) -> Region:
    """The tree of a graph's live statements by scope."""
    flow_live = graph.live()
    root = Region((), 0, len(graph.statements))
    stack = [root]
    for index, statement in enumerate(graph.statements):
        if statement.value not in flow_live:
            continue
        while stack[-1].frames != statement.scope[: len(stack) - 1]:
            stack.pop()
        for depth in range(len(stack) - 1, len(statement.scope)):
            region = Region(statement.scope[: depth + 1], index, index + 1)
            stack[-1].children.append(region)
            stack.append(region)
        stack[-1].children.append(index)
        for region in stack[1:]:
            region.last = index + 1
    return root
