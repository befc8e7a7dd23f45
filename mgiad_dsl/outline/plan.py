"""What a function consists of: equations, steps and cycles that are functions, and comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from mgiad_dsl.outline.facts import Facts, inside
from mgiad_dsl.outline.steps import Step, Steps, has_cycle

Around = Mapping[str, int]


@dataclass(frozen=True)
class Note:
    """A comment before what follows."""

    text: str


@dataclass(frozen=True)
class StepUse:
    """A pass that is a call of a function; ``passes`` is how many its part has, if it repeats."""

    step: Step
    pass_: Pass
    passes: int


@dataclass(frozen=True)
class CycleUse:
    """A cycle over several levels, which is a call.

    ``path`` is that of the pass around it, ``around`` the indices there: levels and passes.
    """

    cycle: Cycle
    path: tuple[str | int, ...]
    around: Around


Item = Equation | StepUse | CycleUse | Note


class Plan:
    """Flattens a part of the tree into what one function says."""

    def __init__(self, facts: Facts, steps: Steps) -> None:
        self._facts = facts
        self._steps = steps

    def forward(self, tree: Sequence[Stage]) -> list[Item]:
        """The forward pass: the outermost cycles are written out."""
        return [item for stage in tree for item in self._stage(stage)]

    def cycle(self, use: CycleUse) -> list[Item]:
        return list(self._visits(use.cycle, use.around))

    def visit(self, visit: Visit, around: Around) -> list[Item]:
        """A stay on one level of a cycle."""
        return list(self._visit(visit, around))

    def _stage(self, stage: Stage) -> Iterator[Item]:
        match stage:
            case Start():
                if self._lives(stage):
                    yield Note("start")
                yield from self._body(stage.body, stage.path, {})
            case Cycle():
                yield from self._visits(stage, {})
            case Loop():
                yield from self._loop(stage, {})
            case Output(equation):
                yield equation

    def _visits(self, cycle: Cycle, around: Around) -> Iterator[Item]:
        for visit in cycle.visits:
            if self._lives(visit):
                yield Note(heading(visit))
            yield from self._visit(visit, around)

    def _visit(self, visit: Visit, around: Around) -> Iterator[Item]:
        inside = {**around, visit.index: visit.level}
        for part in visit.parts:
            for pass_ in part.passes:
                yield from self._pass(part, pass_, inside)

    def _loop(self, loop: Loop, around: Around) -> Iterator[Item]:
        for pass_ in loop.passes:
            if self._facts.computed(inside(pass_)):
                yield Note(f"{loop.index} = {pass_.number}")
            yield from self._pass(loop, pass_, around)

    def _pass(self, of: Part | Loop, pass_: Pass, around: Around) -> Iterator[Item]:
        step = None if has_cycle(pass_.body) else self._steps.wanted(pass_)
        if step is None:
            if of.index is not None and pass_.number is not None:
                around = {**around, of.index: pass_.number}
            yield from self._body(pass_.body, pass_.path, around)
        else:
            passes = 0 if pass_.number is None else len(of.passes)
            yield StepUse(step, pass_, passes)

    def _body(self, body: Body, path: tuple[str | int, ...], around: Around) -> Iterator[Item]:
        for item in body:
            if isinstance(item, Equation):
                yield item
            elif isinstance(item, Loop):
                yield from self._loop(item, around)
            elif len(set(item.levels)) > 1 and self._lives(item):
                yield CycleUse(item, path, around)
            else:
                yield from self._visits(item, around)

    def _lives(self, item: Stage | Visit) -> bool:
        return bool(self._facts.computed(inside(item)))


def equations_of(item: Item) -> list[Equation]:
    match item:
        case Equation():
            return [item]
        case StepUse():
            return inside(item.pass_)
        case CycleUse():
            return inside(item.cycle)
        case Note():
            return []


def heading(visit: Visit) -> str:
    """``l = 2``, ``l = 2, visit 3``"""
    again = f", visit {visit.number}" if visit.number > 1 else ""
    return f"{visit.index} = {visit.level}{again}"
