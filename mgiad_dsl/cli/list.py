"""``mgiad list``: the bundled specs with their variants."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mgiad_dsl.base import resources
from mgiad_dsl.base.output import put
from mgiad_dsl.cli.command import Command
from mgiad_dsl.compiler import read, shown_path
from mgiad_dsl.show.tables import Column, render, tabulated

_COLUMNS: tuple[Column[Path], ...] = (
    Column("name", lambda path: path.stem),
    Column("variants", lambda path: " ".join(v.name for v in read(path)[0].variants)),
    Column("file", shown_path),
)


def _add_arguments(command: ArgumentParser) -> None:
    """It takes none."""


def _run(options: Namespace) -> int:
    put(render([tabulated("bundled specs", _COLUMNS, resources.bundled_specs())], "table"))
    return 0


COMMAND = Command(
    "list", "list the bundled specs", "examples:\n  mgiad list\n", _add_arguments, _run
)
