"""Levels and spaces at their indices: ranges, channels, sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.graph.describe import by
from mgiad_dsl.graph.network import Place
from mgiad_dsl.graph.ops import Shape, Size
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator
from mgiad_dsl.language.spec import Hierarchy, NetSpec, Space
from mgiad_dsl.lower.builder import MAX_SIZE

MAX_LEVELS = 10_000

_SIDES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

Indices = tuple[int, ...]
Reader = Callable[[ast.Expr, Mapping[str, object], str], int]


@dataclass(frozen=True)
class Known:
    """The size of a space, and the place where it was settled."""

    size: Size
    note: Note


class Spaces:
    """Instances of levels and spaces; sizes become known as values are assigned."""

    def __init__(self, spec: NetSpec, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.hierarchies = {h.index: h for h in spec.hierarchies}
        self.families = {s.name: s for s in spec.spaces}
        self.inputs = {i.name: i for i in spec.inputs}
        ranks = {len(i.size) for i in spec.inputs}
        self.rank = ranks.pop() if len(ranks) == 1 else 1  # that of a size of one number
        self._ranges: dict[tuple[str, Indices], tuple[int, int]] = {}
        self._places: dict[tuple[str, Indices], Place] = {}
        self._channels: dict[tuple[str, Indices], int] = {}
        self._sizes: dict[tuple[str, Indices], Known] = {}
        self._reached: set[tuple[tuple[str, ...], Indices]] = set()

    # -- levels ------------------------------------------------------------------------------

    def range(self, hierarchy: Hierarchy, env: Mapping[str, object]) -> tuple[int, int]:
        """First and last level; ``env`` binds the levels that these are nested in.

        Raises:
            SpecError: no levels, too many, or not integers.
        """
        outer = tuple(value for n in hierarchy.outer if isinstance(value := env.get(n), int))
        key = (hierarchy.index, outer)
        if key not in self._ranges:
            range_ = hierarchy.range
            first = self._evaluator.integer(range_.first, env, "the first level")
            last = self._evaluator.integer(range_.last, env, "the last level")
            if last < first:
                raise SpecError(
                    f"there are no levels {hierarchy.index} in {first}..{last}", range_.span
                )
            if last - first >= MAX_LEVELS:
                raise SpecError(f"more than {MAX_LEVELS:,} levels", range_.span)
            self._ranges[key] = first, last
        return self._ranges[key]

    def check_ranges(self) -> None:
        """Check the ranges that depend on no other levels.

        Raises:
            SpecError: as `range`.
        """
        for hierarchy in self.hierarchies.values():
            if not hierarchy.outer:
                self.range(hierarchy, {})

    def check_levels(self, indices: Mapping[str, int], name: str, span: Span) -> None:
        """Every index that is a level must be one of its range.

        Raises:
            SpecError: an index out of range.
        """
        for index, level in indices.items():
            hierarchy = self.hierarchies.get(index)
            if hierarchy is None or not indices.keys() >= set(hierarchy.outer):
                continue
            first, last = self.range(hierarchy, indices)
            if not first <= level <= last:
                raise SpecError(
                    f"`{name}` has no level {hierarchy.index} = {level}",
                    span,
                    hint=f"its levels are {first}..{last}",
                    notes=(Note(f"the levels of `{index}` are declared here", hierarchy.span),),
                )

    # -- spaces ------------------------------------------------------------------------------

    def place(self, family: str, indices: Indices, span: Span) -> Place:
        """The space ``family[indices]``.

        Raises:
            SpecError: an index out of range.
        """
        key = (family, indices)
        if key not in self._places:
            label = f"{family}[{','.join(map(str, indices))}]" if indices else family
            if family in self.inputs:
                self._places[key] = Place(family, (), family, self.inputs[family].span)
            else:
                space = self.families[family]
                bound = dict(zip(space.indices, indices, strict=True))
                self.check_levels(bound, label, span)
                levels = {n: v for n, v in bound.items() if n in self.hierarchies}
                self._places[key] = Place(space.identity, indices, label, space.span, levels)
        return self._places[key]

    def channels(self, place: Place) -> int:
        """Number of channels of a space.

        Raises:
            SpecError: no positive integer, or too large.
        """
        key = (place.identity, place.indices)
        if key not in self._channels:
            space = self.families[place.identity]
            env = dict(zip(space.indices, place.indices, strict=True))
            what = f"the channels of {place.label}"
            self._channels[key] = self._positive(
                self._evaluator.channels, space.channels, env, what
            )
        return self._channels[key]

    def input_shape(self, name: str) -> Shape:
        """Shape ``(C, *size)`` of an input."""
        declared = self.inputs[name]
        what = f"the channels of {name}"
        channels = self._positive(self._evaluator.channels, declared.channels, {}, what)
        return (channels, *self._size(declared.size, {}, name))

    def _size(self, numbers: tuple[ast.Expr, ...], env: Mapping[str, object], name: str) -> Size:
        sides = _SIDES[len(numbers)] if len(numbers) in _SIDES else ("size",) * len(numbers)
        return tuple(
            self._positive(self._evaluator.integer, each, env, f"the {side} of {name}")
            for each, side in zip(numbers, sides, strict=True)
        )

    def _positive(self, read: Reader, expr: ast.Expr, env: Mapping[str, object], what: str) -> int:
        try:
            value = read(expr, env, what)
        except SpecError as error:
            error.notes = (*error.notes, Note(f"for {what}"))
            raise
        if not 1 <= value <= MAX_SIZE:
            raise SpecError(f"{what} must be 1 to {MAX_SIZE:,}, not {value:,}", expr.span)
        return value

    # -- sizes -------------------------------------------------------------------------------

    def size(self, family: str, indices: Indices) -> Known | None:
        """The size of a space, if it is declared or was settled by an assignment."""
        space = self.families[family]
        key = (space.sizes, indices)
        if key not in self._sizes and space.size is not None:
            env = dict(zip(space.indices, indices, strict=True))
            size = self._size(space.size.numbers, env, family)
            size *= self.rank if len(size) == 1 else 1
            note = Note(f"{by(size)} is declared here", space.size.span)
            self._sizes[key] = Known(size, note)
        return self._sizes.get(key)

    def settle(self, family: str, indices: Indices, size: Size, span: Span) -> bool:
        """Note or compare the size of a space; True when it was not known before.

        Raises:
            SpecError: it has another size already.
        """
        known = self.size(family, indices)
        label = self.place(family, indices, span).label
        if known is None:
            note = Note(f"{by(size)} comes from {label}", span)
            self._sizes[(self.families[family].sizes, indices)] = Known(size, note)
            return True
        if known.size != size:
            raise SpecError(
                f"sizes disagree: {label} is {by(known.size)} and is given a value of {by(size)}",
                span,
                notes=(known.note,),
            )
        return False

    # -- levels that nothing reaches -----------------------------------------------------------

    def reach(self, space: Space, indices: Indices) -> None:
        """Note that an equation assigned to a space of these levels."""
        self._reached.add((space.indices, indices))

    def check_reached(self, report: Report) -> None:
        """Report the first level of each hierarchy that no equation assigned to."""
        for hierarchy in self.hierarchies.values():
            names = {*hierarchy.outer, hierarchy.index}
            reached = {
                frozenset((n, i) for n, i in zip(formals, indices, strict=True) if n in names)
                for formals, indices in self._reached
                if hierarchy.index in formals
            }
            missing = next(
                (w for w in self._levels(hierarchy) if frozenset(w.items()) not in reached), None
            )
            if missing is not None:
                levels = ", ".join(f"{n} = {i}" for n, i in missing.items())
                report.error(
                    SpecError(
                        f"no equation reaches the level {levels}",
                        hierarchy.span,
                        hint=f"a `cycle over {hierarchy.index}` goes through all of them",
                    )
                )

    def _levels(self, hierarchy: Hierarchy) -> Iterator[dict[str, int]]:
        """All levels of a hierarchy, with those they are nested in."""
        return self._nested((*hierarchy.outer, hierarchy.index), {})

    def _nested(self, names: tuple[str, ...], env: dict[str, int]) -> Iterator[dict[str, int]]:
        if not names:
            yield env
            return
        first, last = self.range(self.hierarchies[names[0]], env)
        for level in range(first, last + 1):
            self._evaluator.spend(1, self.hierarchies[names[0]].span)
            yield from self._nested(names[1:], {**env, names[0]: level})
