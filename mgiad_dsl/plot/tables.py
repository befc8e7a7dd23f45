"""The points of a figure as ``results.csv``, and as a LaTeX table for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from mgiad_dsl.base.tables import Column, Table, as_csv, tabulated
from mgiad_dsl.plot.points import Point, Reached, Spread, families
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
_ROBUST: tuple[Column[Point], ...] = (
    Column("corrupted", lambda point: _number(point.corrupted and point.corrupted.mean)),
    Column("corrupted_deviation", lambda p: _number(p.corrupted and p.corrupted.deviation)),
    Column("attacked", lambda point: _number(point.attacked and point.attacked.mean)),
    Column("attacked_deviation", lambda p: _number(p.attacked and p.attacked.deviation)),
)


def table(title: str, points: Sequence[Point]) -> Table:
    """All that is known of the points: shares in %, memory in bytes."""
    robust = _ROBUST if any(point.corrupted for point in points) else ()
    return tabulated(title, (*_COLUMNS, *robust), points)


def csv(points: Sequence[Point]) -> str:
    return as_csv(table("results", points)) + "\n"


def latex(points: Sequence[Point], reached: Reached) -> str:
    """A table of booktabs, the families one below the other; published figures are marked."""
    robust = any(point.corrupted for point in points)
    heads = ["network", "weights", "MACs", as_latex(reached.words)]
    heads += ["corrupted", "attacked"] if robust else []
    lines = [
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
        r"\toprule",
        rf"{' & '.join(heads)} \\",
    ]
    for family in families(points):
        lines.append(r"\midrule")
        lines += [_row(point, robust) for point in points if point.family == family]
    lines += [r"\bottomrule", r"\end{tabular}"]
    if any(point.source for point in points):
        lines.append(r"% $^*$ as published")
    return "\n".join(lines) + "\n"


def _row(point: Point, robust: bool) -> str:
    name = as_latex(point.label) + ("$^*$" if point.source else "")
    spreads: list[Spread | None] = [Spread(point.value, point.deviation)]
    spreads += [point.corrupted, point.attacked] if robust else []
    cells = [name, _amount(point.weights), _amount(point.macs), *map(_with_deviation, spreads)]
    return rf"{' & '.join(cells)} \\"


def _with_deviation(spread: Spread | None) -> str:
    if spread is None:
        return "--"
    mean, deviation = spread
    return f"{mean:.2f}" + ("" if deviation is None else rf" $\pm$ {deviation:.2f}")


def _amount(value: int | None) -> str:
    """``1\\,384\\,780``: a comma would be a decimal one elsewhere."""
    return "--" if value is None else f"{value:,}".replace(",", r"\,")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
