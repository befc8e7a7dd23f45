"""All candidates of a grid, counted without compiling each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.rewrite import Level
from mgiad_dsl.solving.cases import Cases
from mgiad_dsl.solving.grid import Grid, Values, numbers
from mgiad_dsl.solving.polynomials import Point


@dataclass(frozen=True)
class Candidate:
    """Values of parameters, and what the network has with them; ``body`` is all but the head."""

    values: Values
    weights: int
    body: int
    macs: int


@dataclass(frozen=True)
class Refused:
    """Values that the network cannot take, and an error; its numbers may be those of others."""

    values: Values
    error: SpecError


def counted(grid: Grid, level: Level = 1) -> Iterator[Candidate | Refused]:
    """Every candidate, in the order of the grid: the last parameter varies first."""
    names = grid.numeric
    known: dict[tuple[object, ...], Cases] = {}
    for values in grid:
        others = {name: value for name, value in values.items() if name not in names}
        key = tuple(others.values())
        if key not in known:
            known[key] = Cases(grid.checked(others), names, level)
        point = Point(numbers(values, names))
        case = known[key].at(point)
        if isinstance(case, SpecError):
            yield Refused(values, case)
        else:
            counts = (int(each.at(point)) for each in (case.weights, case.body, case.macs))
            yield Candidate(values, *counts)
