"""Tables of named columns, in the formats people paste elsewhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Generic, TypeVar

from mgiad_dsl.base.source import SpecError

Cell = str | int | Decimal | None  # a decimal has the digits that are shown

_Row = TypeVar("_Row")

TABULATE = {
    "table": "simple", "markdown": "github", "latex": "latex_booktabs", "html": "html",
}  # fmt: skip


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

    def with_columns(self, titles: Sequence[str]) -> Table:
        """Only the columns of these titles, in their order; they must be there."""
        at = [self.header.index(title) for title in titles]
        rows = (tuple(row[column] for column in at) for row in self.rows)
        return Table(self.title, tuple(titles), tuple(rows))


def tabulated(title: str, columns: Sequence[Column[_Row]], things: Iterable[_Row]) -> Table:
    """A table with a row for each thing."""
    header = tuple(column.title for column in columns)
    return Table(title, header, tuple(tuple(c.cell(thing) for c in columns) for thing in things))


def chosen(tables: Sequence[Table], titles: Sequence[str]) -> list[Table]:
    """Of the tables that have all of these columns, only those columns.

    Raises:
        SpecError: no table has all of them.
    """
    found = [table for table in tables if set(titles) <= set(table.header)]
    if not found:
        raise SpecError(f"no table has the columns {', '.join(titles)}", hint=headers(tables))
    return [table.with_columns(titles) for table in found]


def headers(tables: Sequence[Table]) -> str:
    """Which columns there are, for messages."""
    return "; ".join(f"{table.title}: {', '.join(filter(None, table.header))}" for table in tables)


def render(tables: Sequence[Table], form: str) -> str:
    """Tables as text (``table``), ``markdown``, ``latex`` or ``html``."""
    return "\n\n".join(_title(table.title, form) + _body(table, form) for table in tables)


def floating(table: Table, caption: str | None, label: str | None) -> str:
    """A table as LaTeX's environment ``table``; the caption is LaTeX, as it is given."""
    lines = [
        r"\begin{table}",
        r"\centering",
        *([rf"\caption{{{caption}}}"] if caption is not None else []),
        *([rf"\label{{{label}}}"] if label is not None else []),
        _body(table, "latex"),
        r"\end{table}",
    ]
    return "\n".join(lines)


def as_csv(table: Table) -> str:
    """One table as CSV, numbers plain."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue().rstrip("\n")


def _title(title: str, form: str) -> str:
    titles = {
        "table": f"{title}\n",
        "markdown": f"**{title}**\n\n",
        "latex": f"% {title}\n",
        "html": f"<p><b>{escape(title)}</b></p>\n",
    }
    return titles[form]


def _body(table: Table, form: str) -> str:
    from tabulate import tabulate

    text = tabulate(
        [[_text(cell, form) for cell in row] for row in table.rows],
        table.header,
        TABULATE[form],
        colalign=[_align(table, column) for column in range(len(table.header))],
        disable_numparse=True,
        preserve_whitespace=True,
    )
    if form != "latex":
        return str(text)
    columns = "".join(_align(table, column)[0] for column in range(len(table.header)))
    return _set_right(text.replace(r"\begin{tabular}{}", rf"\begin{{tabular}}{{{columns}}}"))


_SIGNS = {
    r"-\ensuremath{>}": r"$\to$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{NO-BREAK SPACE}": "~",
    "|": r"\textbar{}",
}


def _set_right(text: str) -> str:
    """LaTeX in which arrows and signs are mathematics, minus signs too."""
    for sign, instead in _SIGNS.items():
        text = text.replace(sign, instead)
    return re.sub(r"(?m)(?<= )-(?=\d)", "$-$", text)


def _text(cell: Cell, form: str) -> str:
    """A cell as it is printed; of what a format takes for its own, tabulate escapes most."""
    text = f"{cell:,}" if isinstance(cell, int) else "" if cell is None else str(cell)
    if form == "markdown":
        return re.sub(r"(\\*)\|", r"\1\1\\|", text)
    if form in ("html", "latex"):  # indented
        inner = text.lstrip(" ")
        return "\N{NO-BREAK SPACE}" * (len(text) - len(inner)) + inner
    return text


def _align(table: Table, column: int) -> str:
    is_number = any(isinstance(row[column], (int, Decimal)) for row in table.rows)
    return "right" if is_number else "left"
