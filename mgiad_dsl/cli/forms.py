"""The formats of tables, as options."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence

from mgiad_dsl.base.output import put
from mgiad_dsl.base.tables import Table, as_csv, render


def add_forms(command: ArgumentParser, page: str, csv: str) -> None:
    """Add ``--json``, ``--csv``, ``--markdown`` and ``--latex``.

    Args:
        command: the command.
        page: where the keys of its JSON are documented.
        csv: what its CSV has.
    """
    form = command.add_mutually_exclusive_group()
    for name, text in (
        ("json", f"as JSON ({page})"),
        ("csv", f"as CSV: {csv}"),
        ("markdown", "as Markdown tables"),
        ("latex", "as LaTeX tables (booktabs)"),
    ):
        form.add_argument(
            f"--{name}", dest="form", action="store_const", const=name, default="table", help=text
        )


def put_json(facts: Sequence[dict[str, object]]) -> None:
    """One object, or a list of several."""
    put(json.dumps(facts if len(facts) > 1 else facts[0], indent=2))


def formatted(table: Table, form: str) -> str:
    """One table in one of the formats; in JSON a list of objects with its titles as keys."""
    if form == "json":
        return json.dumps(
            [dict(zip(table.header, row, strict=True)) for row in table.rows],
            indent=2,
            default=float,
        )
    return as_csv(table) if form == "csv" else render([table], form)
