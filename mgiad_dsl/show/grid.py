"""Networks at all combinations of values of parameters, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.language.evaluate import show
from mgiad_dsl.language.plain import plain
from mgiad_dsl.solving.grid import Values


@dataclass(frozen=True)
class Row:
    """A network at some values, or why there is none."""

    name: str
    values: Values
    weights: int | None = None
    body: int | None = None
    macs: int | None = None
    reason: str | None = None


def grid_table(rows: Sequence[Row]) -> Table:
    """One row for each combination; reasons have a column of their own, where there are any."""
    names = list(dict.fromkeys(row.name for row in rows))
    columns: list[Column[Row]] = [
        *([Column("network", lambda row: row.name)] if names[1:] else []),
        *(_parameter(name) for name in rows[0].values),
        Column("weights", lambda row: row.weights),
        Column("apart from the head", lambda row: row.body),
        Column("MACs per image", lambda row: row.macs),
    ]
    if any(row.reason is not None for row in rows):
        columns.append(Column("not counted", lambda row: row.reason))
    return tabulated(", ".join(names), columns, rows)


def _parameter(name: str) -> Column[Row]:
    return Column(name, lambda row: show(row.values[name]))


def grid_facts(rows: Sequence[Row]) -> dict[str, object]:
    """The same under stable names (docs/count.md)."""
    return {
        "parameters": list(rows[0].values),
        "networks": [
            {
                "name": row.name,
                "parameters": {name: plain(value) for name, value in row.values.items()},
                "weights": row.weights,
                "body": row.body,
                "macs": row.macs,
                "error": row.reason,
            }
            for row in rows
        ],
    }
