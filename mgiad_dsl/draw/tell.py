"""Tells the story of a network: reads its blocks and transfers off its tree.

Keys of items are where they lie, ``l3_pre1.k0v2_solve``; those of inputs and outputs have their
names, ``output.logits``. No two things have one key: a dot is in no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from mgiad_dsl.draw.colours import BESIDE
from mgiad_dsl.draw.story import (
    Block,
    Chip,
    Item,
    Level,
    Line,
    Nested,
    Story,
    Transfer,
    with_stops,
)
from mgiad_dsl.graph.describe import kind
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Resampling, Shape
from mgiad_dsl.graph.tree import Cycle, Equation, Output, Part, Start, Visit, equations

# The equations and cycles of a part one after the other, each with the number of its pass.
Run = list[tuple["int | None", "Equation | Cycle"]]

_NOWHERE = Level("", 0)


def tell(network: Network) -> Story:
    """The blocks and transfers of a network."""
    teller = _Teller(network)
    starts = [e for stage in network.tree if isinstance(stage, Start) for e in equations(stage)]
    cycles = [(stage, "") for stage in network.tree if isinstance(stage, Cycle)]
    outputs = [stage.equation for stage in network.tree if isinstance(stage, Output)]
    return Story(
        tuple(teller.input(*each) for each in network.inputs.items()),
        teller.end("start", "start", starts) if starts else None,
        teller.items(cycles),
        tuple(teller.end(f"output.{e.target}", e.target, [e], role="output") for e in outputs),
    )


class _Teller:
    def __init__(self, network: Network) -> None:
        self._network = network

    def input(self, name: str, value: str) -> Block:
        shape = self._network.operations[value].shape
        return Block(f"input.{name}", _NOWHERE, name, (), shape, (value,), "input")

    def end(self, key: str, title: str, found: list[Equation], role: str = "start") -> Block:
        """The block of the start or of an output."""
        line = self._line(found)
        lines = (line,) if line.chips else ()
        return Block(key, _NOWHERE, title, lines, self._shape(found), _values(found), role)

    def items(self, cycles: Iterable[tuple[Cycle, str]]) -> tuple[Item, ...]:
        """The items of cycles that run one after the other, each with the way to it."""
        visits = ((visit, way) for cycle, way in cycles for visit in cycle.visits)
        return tuple(with_stops(item for visit, way in visits for item in self._visit(visit, way)))

    def _visit(self, visit: Visit, way: str) -> Iterator[Item]:
        here = f"{way}{visit.name}"
        level = Level(visit.index, visit.level)
        for part in visit.parts:
            if part.role in ("coarsen", "correct"):
                yield from self._transfer(f"{here}_{part.role}", level, part)
            else:
                yield from self._stay(f"{here}_{part.role}", level, part)

    def _transfer(self, key: str, level: Level, part: Part) -> Iterator[Transfer]:
        found = list(equations(part))
        if found:
            coarser = replace(level, value=level.value + 1)
            ends = (level, coarser) if part.role == "coarsen" else (coarser, level)
            yield Transfer(key, *ends, self._targets(found), _values(found))

    def _stay(self, key: str, level: Level, part: Part) -> Iterator[Block | Nested]:
        """Blocks for the steps on a level, and the cycles between them."""
        inside = [
            (each.number, item)
            for each in part.passes
            for item in each.body
            if any(equations(item))
        ]
        runs = groupby(inside, lambda entry: isinstance(entry[1], Cycle))
        for count, (nested, run) in enumerate(runs):
            name = f"{key}_{count}" if count else key
            if nested:
                yield self._nested(name, key, level, list(run))
            else:
                yield self._steps(name, level, part, list(run))

    def _nested(self, key: str, way: str, level: Level, run: Run) -> Nested:
        cycles = [(number, item) for number, item in run if isinstance(item, Cycle)]
        passes = len({number for number, _ in cycles})
        first = cycles[0][1]
        title = f"{first.kind} cycle over {first.index}"
        if passes > 1:
            title = f"{passes} {first.kind} cycles over {first.index}"
        items = self.items((cycle, f"{way}{_number(number)}.") for number, cycle in cycles)
        found = [equation for _, cycle in cycles for equation in equations(cycle)]
        return Nested(key, level, title, items, _values(found))

    def _steps(self, key: str, level: Level, part: Part, run: Run) -> Block:
        found = [item for _, item in run if isinstance(item, Equation)]
        passes = groupby(run, lambda entry: entry[0])
        steps = [
            (number, self._line([e for _, item in entries for e in equations(item)]))
            for number, entries in passes
        ]
        role = "solve" if part.role == "solve" else "smooth"
        title, lines = _summary(part.step or role, steps)
        if role == "solve" and part.step:
            title = f"solve: {title}"
        return Block(key, level, title, lines, self._shape(found), _values(found), role, len(steps))

    def _targets(self, found: list[Equation]) -> tuple[Line, ...]:
        """A line for each space that is set; a `let` belongs to the next one."""
        lines: dict[str, list[Equation]] = {}
        waiting: list[Equation] = []
        for equation in found:
            waiting.append(equation)
            if equation.indices is not None:
                lines.setdefault(equation.target, []).extend(waiting)
                waiting = []
        return tuple(self._line(setting, target) for target, setting in lines.items())

    def _line(self, found: list[Equation], name: str = "") -> Line:
        """The operators that equations use, without norms, activations and chance."""
        chips: dict[Chip, None] = {}
        words: dict[str, None] = {}
        for slot in _slots(found):
            node = self._network.operations[slot]
            if node.group and self._network.groups[node.group].role not in BESIDE:
                chips[Chip(node.group, node.group)] = None
            elif isinstance(node.op, Resampling):
                chips[Chip(node.operator or kind(node.op), None)] = None
            words[kind(node.op)] = None
        return Line(name, tuple(chips), "" if chips else " ".join(words) or "=")

    def _shape(self, found: list[Equation]) -> Shape:
        """The shape of the last value."""
        values = [e.value for e in found if e.value is not None]
        return self._network.operations[values[-1]].shape if values else ()


def _slots(found: Iterable[Equation]) -> Iterator[str]:
    return (slot for equation in found for slot in equation.slots if slot is not None)


def _values(found: Iterable[Equation]) -> tuple[str, ...]:
    """All values of equations; that of a copy is another's."""
    named = ((*equation.slots, equation.value) for equation in found)
    return tuple(dict.fromkeys(value for values in named for value in values if value is not None))


def _summary(title: str, steps: list[tuple[int | None, Line]]) -> tuple[str, tuple[Line, ...]]:
    """Title and lines of a block; steps that use the same operators in a row are one line."""
    runs = [(line, [n for n, _ in run]) for line, run in groupby(steps, lambda step: step[1])]
    if len(runs) > 1:
        return title, tuple(replace(line, name=_range(numbers)) for line, numbers in runs)
    line = runs[0][0]
    counted = f"{len(steps)} × {title}" if len(steps) > 1 else title
    return counted, (line,) if line.chips else ()


def _range(numbers: list[int | None]) -> str:
    return f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])


def _number(number: int | None) -> str:
    """A number as a part of a key."""
    return "" if number is None else str(number).replace("-", "m")
