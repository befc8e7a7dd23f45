"""The table of a network as one of its parameters varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.counting.growth import Gap, Growth, Point, Variation
from mgiad_dsl.language.evaluate import show

Quantity = tuple[str, Callable[[Point], int]]

_WEIGHTS: Quantity = ("weights", lambda point: point.weights)
_OTHERS: tuple[Quantity, ...] = (
    ("apart from the head", lambda point: point.body),
    ("MACs per image", lambda point: point.macs),
)


@dataclass(frozen=True)
class _Row:
    """What is known at a value: counts, growth from the value before, or why there are none."""

    label: str
    point: Point | None = None
    growth: Growth | None = None
    reason: str | None = None

    def count(self, quantity: Callable[[Point], int]) -> int | None:
        return None if self.point is None else quantity(self.point)

    def exponent(self, quantity: Callable[[Point], int]) -> str | None:
        exponent = None if self.growth is None else self.growth.exponent(quantity)
        return None if exponent is None else f"{exponent:.2f}"

    @property
    def slope(self) -> int | None:
        return None if self.growth is None else self.growth.slope


def growth_table(variation: Variation) -> Table:
    """Counts with what they grow by from one value to the next, and from the first to the last.

    The slope stays the same where weights grow linearly, the exponent where they grow as a power.
    Reasons stand in a column of their own, where there are any.
    """
    parameter = variation.parameter
    count, exponent = _pair(_WEIGHTS)
    columns: list[Column[_Row]] = [
        Column(parameter, lambda row: row.label),
        count,
        Column(f"per {parameter}", lambda row: row.slope),
        exponent,
        *(column for quantity in _OTHERS for column in _pair(quantity)),
    ]
    if len(variation.points) < len(variation.samples):
        columns.append(Column("not counted", lambda row: row.reason))
    return tabulated(f"{variation.name}: growth with {parameter}", columns, _rows(variation))


def _pair(quantity: Quantity) -> tuple[Column[_Row], Column[_Row]]:
    title, of = quantity
    return Column(title, lambda row: row.count(of)), Column(
        "exponent", lambda row: row.exponent(of)
    )


def _rows(variation: Variation) -> Iterator[_Row]:
    before: Point | None = None
    for sample in variation.samples:
        if isinstance(sample, Gap):
            yield _Row(sample.given, reason=sample.reason)
        else:
            yield _Row(show(sample.value), sample, Growth(before, sample) if before else None)
            before = sample
    first, *others = variation.points
    if others:
        yield _Row("overall", growth=Growth(first, others[-1]))
