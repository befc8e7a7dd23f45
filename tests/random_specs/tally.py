"""Counts a plan by enumerating the index tuples that its cycles reach."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from tests.random_specs.plan import CLASSES, IN_CHANNELS, Conv, Index, Plan

# A use of an operator: its sharing group, and the channels it takes and gives.
Use = tuple[str, Index, int, int]


def counts(plan: Plan) -> tuple[int, int]:
    """Weights and buffers."""
    weights: dict[tuple[str, Index], int] = {}
    buffers: dict[tuple[str, Index], int] = {}
    for name, index, given, made in _Walk(plan).uses():
        found = _elements(plan.kinds[name], given, made, plan.rank)
        weights[name, index], buffers[name, index] = found
    return sum(weights.values()), sum(buffers.values())


def _elements(kind: Conv | str, given: int, made: int, rank: int) -> tuple[int, int]:
    """Weights and buffers of one operator."""
    if isinstance(kind, Conv):
        return kind.weights(given, made, rank), 0
    word = kind.split()[0]
    return {
        "batchnorm": (2 * made, 2 * made + 1),
        "groupnorm": (2 * made, 0),
        "layernorm": (2 * made, 0),
        "prelu": (made, 0),
        "linear": (given * made + made, 0),
        "scalar": (1, 0),
        "dropout": (0, 0),
        "droppath": (0, 0),
        "stencil": (0, 3**rank) if "fixed" in kind else (3**rank, 0),
    }.get(word, (0, 0))


class _Walk:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.serial = count()

    def uses(self) -> Iterator[Use]:
        """Every use of an operator, in the order they run."""
        plan = self.plan
        first, last = plan.channels[0], plan.channels[-1]
        yield "theta", (), IN_CHANNELS, first
        if plan.forms.get("norm") == "fresh":
            yield from self._inside("norm", (1,), 0)
        for turn in range(1, plan.loops + 1):
            yield "J", (turn,), first, first
            yield from self._cycle()
        if not plan.loops:
            yield from self._cycle()
        ends = {"head": (last, CLASSES), "H": (first, CLASSES), "D": (first, first), "s": (1, 1)}
        for name in plan.kinds:  # what has no index exists, used or not
            if name in ends and plan.forms[name] == "all":
                yield name, (), *ends[name]

    def _cycle(self) -> Iterator[Use]:
        plan = self.plan
        for what, level, number in plan.cycle.run(1, plan.levels):
            if what != "smooth":
                yield from self._transfer(what, level)
            elif plan.depths is None:
                yield from self._relax((level,), number)
            else:
                for _ in range(number):
                    yield from self._sweep(level, plan.depths[level - 1])

    def _sweep(self, level: int, last: int) -> Iterator[Use]:
        for what, k, number in self.plan.inner.run(0, last):
            here, coarse = (level, k), (level, k + 1)
            if what == "smooth":
                yield from self._relax(here, number)
                continue
            width, half = self.plan.width(here), self.plan.width(coarse)
            if what == "coarsen":
                yield from self._inside("A", here, 1)
                yield from self._inside("A", coarse, 1)
                yield "Rc", coarse, width, half
                yield "Pic", coarse, width, half
            else:
                yield "Pic", coarse, width, half
                yield "Pc", coarse, half, width
                yield from self._inside("norm", here, 1)

    def _transfer(self, what: str, level: int) -> Iterator[Use]:
        plan = self.plan
        finest = (0,) * plan.nested
        here, coarse = (level, *finest), (level + 1, *finest)
        narrow, wide = plan.width(here), plan.width(coarse)
        ends = {"R": (narrow, wide), "Pi": (narrow, wide), "P": (wide, narrow)}
        for name in ("R", "Pi") if what == "coarsen" else ("Pi", "P"):
            if name in plan.kinds:
                yield name, (level + 1,) * plan.form(name).has_levels, *ends[name]
        if what == "coarsen":
            yield from self._inside("A", here, 1)
            yield from self._inside("A", coarse, 1) if "Pi" in plan.kinds else ()
        else:
            yield from self._inside("norm", here, 1)

    def _relax(self, levels: Index, number: int) -> Iterator[Use]:
        for step in range(1, number + 1):
            for name in ("A", "norm", "s", "B", "norm", "drop"):
                yield from self._inside(name, levels, step)
            if "M" in self.plan.kinds:
                width = self.plan.width(levels)
                yield "M", levels, 2 * width, width

    def _inside(self, name: str, levels: Index, step: int) -> Iterator[Use]:
        """A use between spaces of one level, if there is such an operator."""
        if name not in self.plan.kinds:
            return
        form, width = self.plan.form(name), self.plan.width(levels)
        index = levels * form.has_levels + form.value(step)
        if form.formal == "*":
            index = (next(self.serial),)
        yield name, index, width, width
