"""The operations of a network, clustered by the part of the cycle they run in.

A level that a cycle comes back to is a cluster again: dot cannot rank clusters that depend on
each other both ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.tree import (
    Body,
    Cycle,
    Equation,
    Loop,
    Output,
    Part,
    Pass,
    Stage,
    Start,
    Visit,
)  # fmt: skip

PARTS = {"pre": "smooth", "post": "smooth (post)"}


@dataclass(frozen=True)
class Cluster:
    """Operations and clusters that run one after the other, under a heading."""

    heading: str
    items: tuple[Item, ...]


Item: TypeAlias = "Operation | Cluster"


def clusters(network: Network) -> tuple[Item, ...]:
    """Every operation of a network once, where it runs first."""
    return _Clusters(network).items()


class _Clusters:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._placed = set(network.inputs.values())

    def items(self) -> tuple[Item, ...]:
        inputs = [self._network.operations[name] for name in self._network.inputs.values()]
        stages = (item for stage in self._network.tree for item in self._stage(stage))
        return (*inputs, *_joined(stages))

    def _stage(self, stage: Stage) -> Iterator[Item]:
        match stage:
            case Start():
                yield Cluster("start", self._body(stage.body))
            case Cycle():
                yield from self._cycle(stage)
            case Loop():
                yield from self._loop(stage)
            case Output(equation):
                yield Cluster("output", self._body((equation,)))

    def _cycle(self, cycle: Cycle) -> Iterator[Cluster]:
        for visit in cycle.visits:
            parts = ((part, each) for part in visit.parts for each in part.passes)
            inside = (Cluster(_step(*part), self._body(part[1].body)) for part in parts)
            yield Cluster(_level(visit), _joined(inside))

    def _loop(self, loop: Loop) -> Iterator[Cluster]:
        for each in loop.passes:
            yield Cluster(f"{loop.index} = {each.number}", self._body(each.body))

    def _body(self, body: Body) -> tuple[Item, ...]:
        return _joined(item for inner in body for item in self._inner(inner))

    def _inner(self, item: Equation | Cycle | Loop) -> Iterator[Item]:
        match item:
            case Cycle():
                yield from self._cycle(item)
            case Loop():
                yield from self._loop(item)
            case Equation():
                for name in item.slots:
                    if name is not None and name not in self._placed:
                        self._placed.add(name)
                        yield self._network.operations[name]


def _joined(items: Iterable[Item]) -> tuple[Item, ...]:
    """Without empty clusters; what is left of the same heading side by side is one cluster."""
    full = [item for item in items if not isinstance(item, Cluster) or item.items]
    joined: list[Item] = []
    for heading, run in groupby(full, lambda i: i.heading if isinstance(i, Cluster) else None):
        if heading is None:
            joined += run
        else:
            inside = (item for each in run if isinstance(each, Cluster) for item in each.items)
            joined.append(Cluster(heading, _joined(inside)))
    return tuple(joined)


def _level(visit: Visit) -> str:
    """``l = 2``, ``l = 4, visit 2``."""
    again = f", visit {visit.number}" if visit.number > 1 else ""
    return f"{visit.index} = {visit.level}{again}"


def _step(part: Part, each: Pass) -> str:
    """``coarsen``, ``smooth 1: relax``."""
    number = "" if each.number is None else f" {each.number}"
    step = f": {part.step}" if part.step else ""
    return f"{PARTS.get(part.role, part.role)}{number}{step}"
