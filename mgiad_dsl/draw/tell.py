"""Tells the story of a network: reads its blocks and transfers off its tree.

Keys of items are where they lie, ``l3_pre1.k0v2_solve``; those of inputs and outputs have their
names, ``output.logits``. No two things have one key: a dot is in no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, takewhile

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
from mgiad_dsl.graph.describe import grouping, kind
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.ops import Conv, Resampling, Shape
from mgiad_dsl.graph.tree import (
    Around,
    Cycle,
    Equation,
    Output,
    Part,
    Pass,
    Start,
    Tree,
    Visit,
    equations,
    unrolled,
)  # fmt: skip

# Equations and cycles one after the other, each with the numbers of the pass and loops around it.
Run = list[tuple[Around, "Equation | Cycle"]]

_NOWHERE = Level("", 0)


def tell(network: Network) -> Story:
    """The blocks and transfers of a network."""
    teller = _Teller(network)
    stages = _outermost(network.tree)
    begin = takewhile(lambda entry: isinstance(entry[1], Equation), stages)
    starts = [equation for _, item in begin for equation in equations(item)]
    outputs = [stage.equation for stage in network.tree if isinstance(stage, Output)]
    return Story(
        tuple(teller.input(*each) for each in network.inputs.items()),
        teller.end("start", "start", starts) if starts else None,
        teller.items(stages[len(starts) :]),
        tuple(teller.end(f"output.{e.target}", e.target, [e], role="output") for e in outputs),
    )


def _outermost(tree: Tree) -> Run:
    """What runs before the outputs."""
    found: Run = []
    for stage in tree:
        if not isinstance(stage, Output):
            found += unrolled(stage.body if isinstance(stage, Start) else (stage,))
    return found


class _Teller:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._grouped = {
            group.family
            for group in network.groups.values()
            if isinstance(group.op, Conv) and group.op.groups > 1
        }

    def input(self, name: str, value: str) -> Block:
        shape = self._network.operations[value].shape
        return Block(f"input.{name}", _NOWHERE, name, (), shape, (value,), "input")

    def end(self, key: str, title: str, found: list[Equation], role: str = "start") -> Block:
        """The block of the start or of an output."""
        line = self._line(found)
        lines = (line,) if line.chips else ()
        return Block(key, _NOWHERE, title, lines, self._shape(found), _values(found), role)

    def items(self, run: Run, way: str = "") -> tuple[Item, ...]:
        """The items of cycles that run one after the other, and of equations behind one."""
        return tuple(with_stops(self._along(run, way)))

    def _along(self, run: Run, way: str) -> Iterator[Item]:
        finest = [_finest(item) for _, item in run if isinstance(item, Cycle)]
        behind = 0  # so many cycles
        for count, (around, entries) in enumerate(groupby(run, lambda entry: entry[0])):
            here = f"{way}{_way(around)}." if way or around else ""
            for nested, items in groupby(entries, lambda entry: isinstance(entry[1], Cycle)):
                if nested:
                    cycles = [item for _, item in items if isinstance(item, Cycle)]
                    behind += len(cycles)
                    for visit in (visit for cycle in cycles for visit in cycle.visits):
                        yield from self._visit(visit, here)
                    continue
                found = [item for _, item in items if isinstance(item, Equation)]
                level = finest[min(behind, len(finest) - 1)]
                yield self._between(f"{here}equations{count}_{behind}", level, around, found)

    def _between(self, key: str, level: Level, around: Around, found: list[Equation]) -> Block:
        """Equations of a loop before or behind its cycles."""
        title = ", ".join(f"{index} = {number}" for index, number in around) or "between cycles"
        line = self._line(found)
        lines = (line,) if line.chips else ()
        return Block(key, level, title, lines, self._shape(found), _values(found))

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
            (around, item)
            for each in part.passes
            for around, item in unrolled(each.body, _numbered(part, each))
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
        cycles = [item for _, item in run if isinstance(item, Cycle)]
        passes = len({around for around, _ in run})
        first = cycles[0]
        title = f"{first.kind} cycle over {first.index}"
        if passes > 1:
            title = f"{passes} {first.kind} cycles over {first.index}"
        found = [equation for cycle in cycles for equation in equations(cycle)]
        return Nested(key, level, title, self.items(run, way), _values(found))

    def _steps(self, key: str, level: Level, part: Part, run: Run) -> Block:
        found = [item for _, item in run if isinstance(item, Equation)]
        passes = groupby(run, lambda entry: entry[0])
        steps = [
            (around, self._line([e for _, item in entries for e in equations(item)]))
            for around, entries in passes
        ]
        role = "solve" if part.role == "solve" else "smooth"
        title, lines = _summary(part.step or role, steps)
        lines = tuple(replace(line, note=_note(line.chips)) for line in lines)
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
            group = self._network.groups[node.group] if node.group else None
            if group and group.role not in BESIDE:
                indices = tuple(map(str, group.indices))
                known = kind(group.op), self._coupling(group)
                chips[Chip(group.family, indices, group.name, *known, group.names)] = None
            elif isinstance(node.op, Resampling):
                what = kind(node.op)
                chips[Chip(node.operator or what, (), None, what)] = None
            words[kind(node.op)] = None
        return Line(name, tuple(chips), "" if chips else " ".join(words) or "=")

    def _coupling(self, group: WeightGroup) -> str:
        """How a convolution couples channels, if its family has groups of them somewhere."""
        if not isinstance(group.op, Conv) or group.family not in self._grouped:
            return ""
        return grouping(group.op) or "fully coupled"

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


def _summary(title: str, steps: list[tuple[Around, Line]]) -> tuple[str, tuple[Line, ...]]:
    """Title and lines of a block; steps that use the same operators in a row are one line."""
    runs = [(line, [n for n, _ in run]) for line, run in groupby(steps, lambda step: step[1])]
    if len(runs) > 1:
        return title, tuple(replace(line, name=_range(arounds)) for line, arounds in runs)
    line = runs[0][0]
    counted = f"{len(steps)} × {title}" if len(steps) > 1 else title
    return counted, (line,) if line.chips else ()


def _note(chips: tuple[Chip, ...]) -> str:
    """The coupling of a line: once, if it is that of all its operators."""
    found = {chip.name: chip.coupling for chip in chips if chip.coupling}
    if len(found) == len(chips) and len(set(found.values())) == 1:
        return next(iter(found.values()))
    return ", ".join(f"{name} {coupling}" for name, coupling in found.items())


def _range(arounds: list[Around]) -> str:
    """``1-3``; in loops ``1.1-3.2``."""
    first, last = (".".join(str(n) for _, n in around) for around in (arounds[0], arounds[-1]))
    return f"{first}-{last}" if len(arounds) > 1 else first


def _numbered(part: Part, each: Pass) -> Around:
    """The number of a pass, if it has one, as that of a loop around what is in it."""
    return () if each.number is None else ((part.index or "", each.number),)


def _way(around: Around) -> str:
    """Numbers as a part of a key."""
    return "_".join(str(number) for _, number in around).replace("-", "m")


def _finest(cycle: Cycle) -> Level:
    return Level(cycle.index, cycle.levels[0])
