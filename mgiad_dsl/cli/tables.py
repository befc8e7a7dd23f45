"""How the tables of a command are printed: their columns, a caption for LaTeX."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.base.tables import Table, as_csv, chosen, floating, headers, render


def add_table_arguments(command: ArgumentParser) -> None:
    command.add_argument(
        "--columns", type=_columns, metavar="NAMES",
        help="only these columns, in this order, of the tables that have them: family,weights,MACs",
    )  # fmt: skip
    command.add_argument(
        "--caption", metavar="TEX", help="with --latex: one table that floats, with this caption"
    )
    command.add_argument(
        "--label", metavar="NAME", help="with --latex: one table that floats, with this label"
    )


def _columns(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def check_table_arguments(options: Namespace) -> None:
    """Raise SpecError for what does not go together."""
    if options.symbolic and (options.columns is not None or _floats(options)):
        raise SpecError("--columns, --caption and --label are those of tables, not of formulas")
    if options.form == "json" and options.columns is not None:
        raise SpecError("--columns are those of tables; JSON has everything")
    if options.form != "latex" and _floats(options):
        raise SpecError("--caption and --label are those of a LaTeX table", hint="--latex")
    if options.label is not None and not re.fullmatch(r"[\w:.+/-]+", options.label):
        raise SpecError(f"{options.label} is no label of LaTeX", hint="such as tab:weights")
    if options.caption is not None and not _is_whole(options.caption):
        raise SpecError(
            f"the braces of the caption do not match: {options.caption}", hint=r"\{ for a brace"
        )


def printed(tables: Sequence[Table], options: Namespace) -> str:
    """Tables in the form and with the columns that are asked for.

    Raises:
        SpecError: there are no such columns, or several tables where there must be one.
    """
    if options.columns is not None:
        tables = chosen(tables, options.columns)
    if options.form == "csv":
        return as_csv(_one(tables, "--csv is"))
    if _floats(options):
        return floating(
            _one(tables, "--caption and --label are of"), options.caption, options.label
        )
    return render(tables, options.form)


def _floats(options: Namespace) -> bool:
    return options.caption is not None or options.label is not None


def _one(tables: Sequence[Table], what: str) -> Table:
    if len(tables) > 1:
        raise SpecError(f"{what} one table", hint=f"--columns chooses one of {headers(tables)}")
    return tables[0]


def _is_whole(text: str) -> bool:
    """Whether the braces of a text match, and nothing ends it early."""
    depth = 0
    for sign in re.sub(r"\\.", "", text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return depth == 0 and not re.search(r"(?<!\\)(?:\\\\)*%|\\$|\n\s*\n", text)
