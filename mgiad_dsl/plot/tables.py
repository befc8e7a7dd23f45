"""The points of a figure as ``results.csv``, and as a LaTeX table for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from mgiad_dsl.base.tables import Column, Table, as_csv, tabulated
from mgiad_dsl.plot.points import Point, Reached, families
from mgiad_dsl.study.labels import as_latex, as_plain

_COLUMNS: tuple[Column[Point], ...] = (
    Column("family", lambda point: point.family),
    Column("name", lambda point: as_plain(point.label)),
    Column("weights", lambda point: point.weights),
    Column("macs", lambda point: point.macs),
    Column("value", lambda point: f"{point.value:.3f}"),
    Column("deviation", lambda point: _number(point.deviation)),
    Column("seeds", lambda point: None if point.source else point.seeds),
    Column("seconds", lambda point: _number(point.seconds)),
    Column("memory", lambda point: point.memory),
    Column("source", lambda point: point.source),
)


def table(title: str, points: Sequence[Point]) -> Table:
    """All that is known of the points: shares in %, memory in bytes."""
    return tabulated(title, _COLUMNS, points)


def csv(points: Sequence[Point]) -> str:
    return as_csv(table("results", points)) + "\n"


def latex(points: Sequence[Point], reached: Reached) -> str:
    """A table of booktabs, the families one below the other; published figures are marked."""
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{tabular}{lrrr}",
        r"\toprule",
        rf"network & weights & MACs & {as_latex(reached.words)} \\",
    ]
    for family in families(points):
        lines.append(r"\midrule")
        lines += [_row(point) for point in points if point.family == family]
    lines += [r"\bottomrule", r"\end{tabular}"]
    if any(point.source for point in points):
        lines.append(r"% $^*$ as published")
    return "\n".join(lines) + "\n"


def _row(point: Point) -> str:
    name = as_latex(point.label) + ("$^*$" if point.source else "")
    value = f"{point.value:.2f}"
    if point.deviation is not None:
        value += rf" $\pm$ {point.deviation:.2f}"
    return rf"{name} & {_amount(point.weights)} & {_amount(point.macs)} & {value} \\"


def _amount(value: int | None) -> str:
    """``1\\,384\\,780``: a comma would be a decimal one elsewhere."""
    return "--" if value is None else f"{value:,}".replace(",", r"\,")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
