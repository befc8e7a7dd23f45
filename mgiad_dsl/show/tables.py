"""Counts as tables of text and numbers, in the formats people paste elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mgiad_dsl.compiler import Compiled
from mgiad_dsl.counting.claims import agrees, difference, figure
from mgiad_dsl.counting.count import FLOAT_BYTES, GroupCount, WeightCount
from mgiad_dsl.language.evaluate import Value

Cell = str | int | None

TABULATE = {"table": "simple", "markdown": "github", "latex": "latex_booktabs"}


@dataclass(frozen=True)
class Table:
    """Rows under a header; numbers stay numbers until they are printed."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


# -- one network ---------------------------------------------------------------------------


def overview(compiled: Compiled) -> Table:
    """The totals of one network."""
    counted = compiled.count
    rows: list[tuple[Cell, ...]] = [
        ("weights", counted.weights, _published(compiled)),
        ("  used", counted.used, "on a path to an output"),
        ("  dead", counted.dead, "declared, but on no path to an output"),
        ("if nothing were shared", counted.unshared, _times(counted.unshared, counted.weights)),
        ("if nothing were grouped", counted.ungrouped, _times(counted.ungrouped, counted.weights)),
        ("buffers", counted.buffers, "norm statistics and fixed stencils: not trained"),
        ("MACs per image", counted.macs, "reuse counts as often as it runs"),
        ("activation elements per image", counted.activations, "of every value computed"),
        ("bytes", counted.bytes, f"weights and buffers, {FLOAT_BYTES} bytes each"),
    ]
    return Table(compiled.name, ("", "count", ""), tuple(rows))


def breakdowns(counted: WeightCount) -> list[Table]:
    """Weights by operator family, level and role; each column of weights sums to the total."""
    return [
        _by(counted, "by operator family", "family", lambda group: group.family),
        _by(counted, "by level", "level", lambda group: group.level),
        _by(counted, "by role", "role", lambda group: group.role),
    ]


def groups(counted: WeightCount) -> Table:
    """Every sharing group."""
    header = ("group", "kind", "role", "level", "uses", "weights", "buffers", "MACs")
    rows = tuple(
        (
            g.name,
            g.kind,
            g.role,
            g.level,
            g.uses,
            g.weights,
            g.buffers,
            g.macs,
            g.unshared,
            g.ungrouped,
        )
        for g in counted.groups
    )
    return Table("by sharing group", (*header, "unshared", "ungrouped"), rows)


def _by(counted: WeightCount, title: str, name: str, key: Callable[[GroupCount], str]) -> Table:
    header = (name, "groups", "uses", "weights", "dead", "buffers", "MACs", "unshared", "ungrouped")
    rows: list[tuple[Cell, ...]] = []
    for value, members in counted.by(key).items():
        rows.append(
            (
                value,
                len(members),
                sum(g.uses for g in members),
                sum(g.weights for g in members),
                sum(g.weights for g in members if g.dead),
                sum(g.buffers for g in members),
                sum(g.macs for g in members),
                sum(g.unshared for g in members),
                sum(g.ungrouped for g in members),
            )
        )
    return Table(title, header, tuple(rows))


# -- several networks ----------------------------------------------------------------------


def comparison(networks: Sequence[Compiled]) -> Table:
    """Networks side by side."""
    header = ("network", "weights", "published", "difference", "dead", "unshared", "ungrouped")
    rows = []
    for compiled in networks:
        counted = compiled.count
        figures = [] if compiled.spec.customised else compiled.spec.published
        shown = "; ".join(f"{figure(p)} ({p.origin})" for p in figures)
        differences = "; ".join(difference(p, counted.weights) for p in figures)
        rows.append(
            (
                compiled.title,
                counted.weights,
                shown,
                differences,
                counted.dead,
                counted.unshared,
                counted.ungrouped,
                counted.macs,
            )
        )
    return Table("networks", (*header, "MACs per image"), tuple(rows))


# -- formats -------------------------------------------------------------------------------


def render(tables: Sequence[Table], form: str) -> str:
    """Tables as text (``table``), ``markdown`` or ``latex``."""
    from tabulate import tabulate

    parts = []
    for table in tables:
        rows = [[_text(cell) for cell in row] for row in table.rows]
        align = [_align(table, column) for column in range(len(table.header))]
        text = tabulate(
            rows,
            table.header,
            TABULATE[form],
            colalign=align,
            disable_numparse=True,
            preserve_whitespace=True,
        )
        title = {"table": f"{table.title}\n", "markdown": f"**{table.title}**\n\n"}
        parts.append(title.get(form, f"% {table.title}\n") + text)
    return "\n\n".join(parts)


def as_csv(table: Table) -> str:
    """One table as CSV, numbers plain."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue().rstrip("\n")


def as_json(compiled: Compiled) -> dict[str, object]:
    """The counts of one network under stable names (docs/count.md)."""
    counted = compiled.count
    return {
        "name": compiled.name,
        "parameters": {p.name: plain(p.value) for p in compiled.spec.parameters},
        "weights": counted.weights,
        "used": counted.used,
        "dead": counted.dead,
        "buffers": counted.buffers,
        "unshared": counted.unshared,
        "ungrouped": counted.ungrouped,
        "macs": counted.macs,
        "activations": counted.activations,
        "bytes": counted.bytes,
        "published": [
            {
                "quantity": p.quantity,
                "printed": figure(p),
                "value": plain(p.number.value),
                "source": p.origin,
                "agrees": agrees(p, counted.weights),
            }
            for p in ([] if compiled.spec.customised else compiled.spec.published)
        ],
        "groups": [
            {
                "name": g.name,
                "family": g.family,
                "kind": g.kind,
                "role": g.role,
                "levels": g.levels,
                "weights": g.weights,
                "buffers": g.buffers,
                "uses": g.uses,
                "dead": g.dead,
                "unshared": g.unshared,
                "ungrouped": g.ungrouped,
                "macs": g.macs,
            }
            for g in counted.groups
        ],
    }


def _published(compiled: Compiled) -> str:
    if compiled.spec.customised:
        return ""
    return "; ".join(
        f"published {figure(p)} ({p.origin}): {difference(p, compiled.count.weights)}"
        for p in compiled.spec.published
    )


def _times(more: int, weights: int) -> str:
    return f"{more / weights:.2f} times as many" if weights else ""


def _text(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell or ""


def _align(table: Table, column: int) -> str:
    is_number = any(isinstance(row[column], int) for row in table.rows)
    return "right" if is_number else "left"


def plain(value: Value) -> object:
    """A value of a spec as JSON has it: a rational becomes a float."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value
