"""What happens in a network, as a sequence of blocks and transfers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeAlias

from mgiad_dsl.graph.network import NetGraph, Scope, path
from mgiad_dsl.graph.ops import Shape


@dataclass(frozen=True)
class Level:
    """One level of a hierarchy: ``l = 2``."""

    name: str
    value: int


@dataclass(frozen=True)
class Line:
    """A line of a block: what it is called, and the sharing groups it uses."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """Steps on one level; steps that use the same groups in a row are one line.

    ``role`` is ``start``, ``smooth``, ``solve`` or ``output``; ``steps`` counts them all.
    """

    key: str
    level: Level
    title: str
    lines: tuple[Line, ...]
    shape: Shape
    statements: frozenset[int]
    role: str = "smooth"
    steps: int = 1


@dataclass(frozen=True)
class Transfer:
    """The way from one level to another, a line for each space that it sets."""

    key: str
    level: Level
    target: Level
    lines: tuple[Line, ...]
    statements: frozenset[int]


@dataclass(frozen=True)
class Nested:
    """A cycle inside a level."""

    key: str
    level: Level
    title: str
    items: tuple[Item, ...]
    statements: frozenset[int]

    @property
    def shape(self) -> Shape:
        """The shape on the finest level that has a block."""
        blocks = [item for item in self.items if isinstance(item, (Block, Nested))]
        return min(blocks, key=lambda item: item.level.value).shape if blocks else ()


@dataclass(frozen=True)
class Stop:
    """A level that is passed without a block."""

    key: str
    level: Level
    statements: frozenset[int] = field(default=frozenset())


Item: TypeAlias = "Block | Nested | Stop | Transfer"


@dataclass(frozen=True)
class Story:
    """The parts of a network in the order they run."""

    start: Block | None
    items: tuple[Item, ...]
    outputs: tuple[Block, ...]


def tell(graph: NetGraph) -> Story:
    """The blocks and transfers of a network."""
    return _Teller(graph).story()


_NOWHERE = Level("", 0)


class _Teller:
    def __init__(self, graph: NetGraph) -> None:
        self._graph = graph
        self._statements = graph.statements
        self._groups: dict[int, dict[str, None]] = {}
        for node in graph.nodes.values():
            if node.group and graph.groups[node.group].role != "norm":
                self._groups.setdefault(node.statement, {})[node.group] = None

    def story(self) -> Story:
        kinds: dict[str, list[int]] = {"start": [], "level": [], "output": []}
        for number, statement in enumerate(self._statements):
            if statement.scope:
                kinds[statement.scope[0].kind].append(number)
        start = self._ends("start", kinds["start"], "start") if kinds["start"] else None
        outputs = [
            self._ends(f"output_{self._statements[n].target}", [n], self._statements[n].target)
            for n in kinds["output"]
        ]
        return Story(start, self._cycle(kinds["level"], 0), tuple(outputs))

    def _ends(self, key: str, numbers: list[int], title: str) -> Block:
        """The block of the start or of an output."""
        groups = self._used(numbers)
        lines = (Line("", groups),) if groups else ()
        role = "start" if key == "start" else "output"
        return Block(
            key, _NOWHERE, title, lines, self._shape(numbers), frozenset(numbers), role=role
        )

    def _cycle(self, numbers: list[int], depth: int) -> tuple[Item, ...]:
        """The items of a cycle whose level frame is at ``depth`` of the scopes."""
        parts: dict[tuple[Scope, str], list[int]] = {}
        for number in numbers:
            scope = self._statements[number].scope
            parts.setdefault((scope[: depth + 1], scope[depth + 1].name), []).append(number)
        items: list[Item] = []
        for (scope, part), inside in parts.items():
            items += self._part(scope, part, inside, depth)
        return tuple(_with_stops(items))

    def _part(self, scope: Scope, part: str, numbers: list[int], depth: int) -> Iterable[Item]:
        frame = scope[-1]
        level = Level(frame.name, frame.value or 0)
        key = f"{path(scope)}_{part}"
        if part in ("coarsen", "correct"):
            coarser = replace(level, value=level.value + 1)
            ends = (level, coarser) if part == "coarsen" else (coarser, level)
            yield Transfer(key, *ends, self._targets(numbers), frozenset(numbers))
            return
        runs = groupby(numbers, lambda n: len(self._statements[n].scope) > depth + 2)
        for number, (nested, run) in enumerate(runs):
            name = key if number == 0 else f"{key}_{number}"
            if nested:
                yield self._nested(name, level, list(run), depth + 2)
            else:
                yield self._steps(name, level, part, list(run), depth + 1)

    def _nested(self, key: str, level: Level, numbers: list[int], depth: int) -> Nested:
        frame = self._statements[numbers[0]].scope[depth]
        runs = len({self._statements[n].scope[:depth] for n in numbers})
        title = f"{frame.cycle} cycle over {frame.name}"
        if runs > 1:
            title = f"{runs} {frame.cycle} cycles over {frame.name}"
        return Nested(key, level, title, self._cycle(numbers, depth), frozenset(numbers))

    def _steps(self, key: str, level: Level, part: str, numbers: list[int], depth: int) -> Block:
        frame = self._statements[numbers[0]].scope[depth]
        steps = [
            (step.value, self._used(list(run)))
            for step, run in groupby(numbers, lambda n: self._statements[n].scope[depth])
        ]
        runs = [(groups, [v for v, _ in run]) for groups, run in groupby(steps, lambda s: s[1])]
        role = "solve" if part == "solve" else "smooth"
        title = frame.step or role
        if len(runs) == 1:
            title = f"{len(steps)} × {title}" if len(steps) > 1 else title
            lines = [Line("", groups) for groups, _ in runs if groups]
        else:
            lines = [Line(_range(values), groups) for groups, values in runs]
        if role == "solve" and frame.step:
            title = f"solve: {title}"
        shape = self._shape(numbers)
        return Block(
            key, level, title, tuple(lines), shape, frozenset(numbers), role, steps=len(steps)
        )

    def _targets(self, numbers: list[int]) -> tuple[Line, ...]:
        """A line for each space that is set; a `let` belongs to the next one."""
        lines: dict[str, dict[str, None]] = {}
        waiting: list[int] = []
        for number in numbers:
            waiting.append(number)
            if self._statements[number].indices is not None:
                target = self._statements[number].target
                lines.setdefault(target, {}).update(dict.fromkeys(self._used(waiting)))
                waiting = []
        return tuple(Line(target, tuple(groups)) for target, groups in lines.items())

    def _used(self, numbers: list[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(g for n in numbers for g in self._groups.get(n, ())))

    def _shape(self, numbers: list[int]) -> Shape:
        return self._graph.nodes[self._statements[numbers[-1]].value].shape


def _range(values: list[int | None]) -> str:
    if len(values) == 1:
        return str(values[0])
    return f"{values[0]}-{values[-1]}"


def _with_stops(items: list[Item]) -> Iterable[Item]:
    """Put a stop wherever a level has no block to begin or to end a transfer at."""
    at: Level | None = None
    for item in items:
        if isinstance(item, Transfer):
            if at != item.level:
                yield Stop(f"{item.key}_stop", item.level)
            at = None
        else:
            at = item.level
        yield item
    if items and isinstance(items[-1], Transfer):
        yield Stop(f"{items[-1].key}_end", items[-1].target)
