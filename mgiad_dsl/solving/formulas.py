"""The weights of a network as formulas in its parameters, case by case, and how they grow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import TypeAlias

from mgiad_dsl.base.source import CompilerError, LimitError, SpecError
from mgiad_dsl.compiler import compile_tree
from mgiad_dsl.language.evaluate import is_number
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.rewrite import Level
from mgiad_dsl.solving.cases import Case, Cases
from mgiad_dsl.solving.conditions import Condition, conditions
from mgiad_dsl.solving.grid import Axis, Grid, numbers
from mgiad_dsl.solving.polynomials import Exact, Point, Polynomial, simple

CHECKED = 12  # values at which the compiler counts as well, and one in each case
_FACTORS = ("1/4", "1/2", "3/4", "1", "3/2", "2", "3", "4", "8")
_FEWER = ("1/2", "1", "3/2", "2", "4")
_DOUBLINGS = 21  # a space has at most 2^20 channels


@dataclass(frozen=True)
class Piece:
    """A formula, and where it holds: under all conditions of one of ``where``.

    ``families`` are the weights of each operator family; ``points`` those of the values that were
    tried that lie in it.
    """

    where: tuple[tuple[Condition, ...], ...]
    weights: Polynomial
    families: Mapping[str, Polynomial]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Growth:
    """How weights grow with a parameter, the others as in the spec.

    ``near`` is the exponent of a doubling of its value in the spec. ``far`` is that of what
    doublings add, a constant part aside, from ``value`` to its fourfold: the largest of its
    doublings that make networks. Where these are of one case, its formula has the ``degree``;
    else that is None, and so it is where the formula grows as no power.
    """

    parameter: str
    near: float | None
    value: Exact
    far: float
    degree: int | None


@dataclass(frozen=True)
class Formulas:
    """The weights of a network as formulas in some of its parameters.

    ``always`` are the conditions of every piece. ``tried`` is how many values were looked at,
    ``refused`` how many of them are no network, ``checked`` how many the compiler counted too.
    """

    name: str
    parameters: tuple[str, ...]
    always: tuple[Condition, ...]
    pieces: tuple[Piece, ...]
    growths: tuple[Growth, ...]
    tried: int
    refused: int
    checked: int


def default_axes(spec: NetSpec, names: Sequence[str], given: Sequence[Axis]) -> tuple[Axis, ...]:
    """The values at which cases are looked for: those given, or around the value of the spec.

    Raises:
        SpecError: a parameter is no number.
    """
    axes = {axis.name: axis for axis in given}
    factors = _FACTORS if len(names) < 3 else _FEWER
    for name in names:
        value = spec.values.get(name)
        if value is not None and not is_number(value):
            raise SpecError(f"`{name}` is no number, and a formula is one of numbers")
        if name in axes or not isinstance(value, (int, Fraction)):
            axes.setdefault(name, Axis(name, (1,)))  # unknown names: the grid says so
            continue
        values = [simple(value * Fraction(factor)) for factor in factors]
        whole = isinstance(value, int)
        kept = [each for each in values if not whole or isinstance(each, int) or value == 1]
        axes[name] = Axis(name, tuple(kept))
    return tuple(axes[name] for name in names)


def formulas(grid: Grid, level: Level = 1) -> Formulas:
    """The formulas of a grid whose parameters are numbers, verified at its values.

    Raises:
        SpecError: none of the values makes a network, or the spec is wrong.
    """
    names = tuple(axis.name for axis in grid.axes)
    spec = grid.checked({})
    cases = Cases(spec, names, level)
    found: dict[Case, list[Point]] = {}
    refused: list[SpecError] = []
    for values in grid:
        point = Point(numbers(values, names))
        case = cases.at(point)
        if isinstance(case, SpecError):
            refused.append(case)
        else:
            found.setdefault(case, []).append(point)
    if not found:
        raise refused[0]
    checked = sum(_checked(grid, case, points, len(found), level) for case, points in found.items())
    pieces = list(_pieces(found))
    every = [where for piece in pieces for where in piece.where]
    always = tuple(each for each in every[0] if all(each in where for where in every))
    own = [
        Piece(tuple(_without(w, always) for w in p.where), p.weights, p.families, p.points)
        for p in pieces
    ]
    return Formulas(
        spec.title,
        names,
        always,
        tuple(own),
        tuple(_growths(cases, spec, names)),
        tried=len(grid),
        refused=len(refused),
        checked=checked,
    )


def _without(where: tuple[Condition, ...], some: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(each for each in where if each not in some)


def _pieces(found: Mapping[Case, Sequence[Point]]) -> Iterator[Piece]:
    """Cases of one formula are one piece."""
    alike: dict[tuple[object, ...], list[Case]] = {}
    for case in found:
        key = (case.weights, *case.families.items())
        alike.setdefault(key, []).append(case)
    for cases in alike.values():
        points = tuple(point for case in cases for point in found[case])
        where = tuple(dict.fromkeys(map(conditions, cases)))
        yield Piece(where, cases[0].weights, cases[0].families, points)


def _checked(grid: Grid, case: Case, points: Sequence[Point], cases: int, level: Level) -> int:
    """Compare a case with the compiler, at points of it that lie far apart."""
    most = max(2, CHECKED // cases)
    step = max(1, (len(points) - 1) // (most - 1))
    chosen = list(dict.fromkeys((*points[::step][:most], points[-1])))
    for point in chosen:
        settings = {**grid.settings, **point.values}
        counted = compile_tree(grid.tree, grid.variant, settings, level).count
        parts = counted.by(lambda group: group.family)
        exact = {name: sum(group.weights for group in part) for name, part in parts.items()}
        formula = {name: family.at(point) for name, family in case.families.items()}
        if exact != formula or counted.weights != case.weights.at(point):
            raise CompilerError(f"{dict(point.values)}: {counted.weights} weights, not {formula}")
    return len(chosen)


def _growths(cases: Cases, spec: NetSpec, names: Sequence[str]) -> Iterator[Growth]:
    at = numbers(spec.values, names)
    for name in names:
        found = list(_doublings(cases, at, name)) if at[name] > 0 else []
        threes = zip(found, found[1:], found[2:], strict=False)
        runs = [three for three in threes if all(case for _, case, _ in three)]
        if runs:
            yield _growth(name, runs[-1], _near(found, at[name]))


_Counted: TypeAlias = "tuple[Exact, Case | None, int]"


def _doublings(cases: Cases, at: Mapping[str, Exact], name: str) -> Iterator[_Counted]:
    """Up to the first network that is too large to be unrolled: those behind it are larger."""
    networks = 0
    for n in range(_DOUBLINGS):
        value = simple(Fraction(at[name]) * 2**n)
        point = Point({**at, name: value})
        case = cases.at(point)
        if isinstance(case, LimitError) and networks:
            return
        if isinstance(case, SpecError):
            yield value, None, 0
        else:
            networks += 1
            yield value, case, int(case.weights.at(point))


def _growth(name: str, run: Sequence[_Counted], near: float | None) -> Growth:
    """From three values, each the double of the one before."""
    (value, one, few), (_, _, more), (_, other, most) = run
    assert one is not None
    added = (more - few, most - more)
    far = log2(added[1] / added[0]) if min(added) > 0 else 0.0
    return Growth(name, near, value, far, one.weights.degree(name) if one is other else None)


def _near(found: Sequence[_Counted], value: Exact) -> float | None:
    weights = {each: number for each, _, number in found}
    one, two = weights.get(value, 0), weights.get(2 * value, 0)
    return log2(two / one) if one and two else None
