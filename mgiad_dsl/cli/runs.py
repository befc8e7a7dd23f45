"""``mgiad runs``: trained networks side by side, and what differs between two."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.forms import add_forms, formatted
from mgiad_dsl.cli.messages import say

_EXAMPLES = """examples:
  mgiad runs                                  all below runs/
  mgiad runs runs/tradeoff --sort weights --csv
  mgiad runs --where 'data=cifar*' 'weights<1.4M' 'lr=0.1'
  mgiad runs --diff runs/a runs/b             what differs
"""


def _add_arguments(command: ArgumentParser) -> None:
    command.add_argument(
        "folders", nargs="*", type=Path, metavar="FOLDER", help="of runs; default: runs"
    )
    command.add_argument(
        "--where",
        nargs="+",
        action="extend",
        default=[],
        metavar="CONDITION",
        help="only runs of which it holds: a column, setting or field of the recipe, and a value "
        "or pattern (data=cifar*), or a limit (weights<1.4M)",
    )
    command.add_argument("--sort", metavar="NAME", help="by such a value; default: by folder")
    command.add_argument("--reverse", action="store_true", help="the largest first")
    command.add_argument(
        "--diff", nargs=2, type=Path, metavar="RUN", help="what differs between two runs"
    )
    add_forms(command, "docs/sweeps.md", "the table")


def _run(options: Namespace) -> int:
    from mgiad_dsl.study import runs

    if options.diff:
        if options.folders or options.where or options.sort:
            raise SpecError("--diff compares two runs, and takes nothing else but a format")
        one, other = map(runs.read_run, options.diff)
        put(formatted(runs.difference_table(one, other), options.form))
        return 0
    found = runs.grouped(runs.find_runs(options.folders or [Path("runs")], say))
    found = runs.kept(found, options.where)
    if options.sort:
        found = runs.ordered(found, options.sort, options.reverse)
    elif options.reverse:
        found.reverse()
    put(formatted(runs.run_table(found), options.form))
    return 0


COMMAND = Command("runs", "compare trained networks", _EXAMPLES, _add_arguments, _run)
