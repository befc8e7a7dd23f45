"""Tables of named columns, in the formats people paste elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Cell = str | int | None

_Row = TypeVar("_Row")

TABULATE = {"table": "simple", "markdown": "github", "latex": "latex_booktabs"}


@dataclass(frozen=True)
class Column(Generic[_Row]):
    """A title, and what stands under it in the row of a thing."""

    title: str
    cell: Callable[[_Row], Cell]


@dataclass(frozen=True)
class Table:
    """Rows under a header; numbers stay numbers until they are printed."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tabulated(title: str, columns: Sequence[Column[_Row]], things: Iterable[_Row]) -> Table:
    """A table with a row for each thing."""
    header = tuple(column.title for column in columns)
    return Table(title, header, tuple(tuple(c.cell(thing) for c in columns) for thing in things))


def render(tables: Sequence[Table], form: str) -> str:
    """Tables as text (``table``), ``markdown`` or ``latex``."""
    from tabulate import tabulate

    parts = []
    for table in tables:
        text = tabulate(
            [[_text(cell, form) for cell in row] for row in table.rows],
            table.header,
            TABULATE[form],
            colalign=[_align(table, column) for column in range(len(table.header))],
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


def as_json(table: Table) -> str:
    """One table as a list of objects with the titles of the columns as keys."""
    return json.dumps([dict(zip(table.header, row, strict=True)) for row in table.rows], indent=2)


def _text(cell: Cell, form: str) -> str:
    """A cell as it is printed; of what a format takes for its own, tabulate escapes LaTeX's."""
    text = f"{cell:,}" if isinstance(cell, int) else cell or ""
    return re.sub(r"(\\*)\|", r"\1\1\\|", text) if form == "markdown" else text


def _align(table: Table, column: int) -> str:
    is_number = any(isinstance(row[column], int) for row in table.rows)
    return "right" if is_number else "left"
