"""The options for the format of a table."""

from __future__ import annotations

from argparse import ArgumentParser

from mgiad_dsl.show.tables import Table, as_csv, as_json, render


def add_forms(command: ArgumentParser) -> None:
    """Add ``--json``, ``--csv``, ``--markdown`` and ``--latex``; ``table`` without one."""
    form = command.add_mutually_exclusive_group()
    for name, text in (
        ("json", "as JSON"),
        ("csv", "as CSV"),
        ("markdown", "as Markdown"),
        ("latex", "as LaTeX (booktabs)"),
    ):
        form.add_argument(
            f"--{name}", dest="form", action="store_const", const=name, default="table", help=text
        )


def formatted(table: Table, form: str) -> str:
    """A table in one of the formats."""
    if form == "csv":
        return as_csv(table)
    return as_json(table) if form == "json" else render([table], form)
