"""``mgiad sweep``: trains the networks of a study file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mgiad_dsl.base.files import check_folder
from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.forms import add_forms, formatted
from mgiad_dsl.cli.messages import in_brief, say
from mgiad_dsl.cli.train import recipe_for
from mgiad_dsl.cli.training import add_data_arguments, check_data_arguments, need_torch, where

if TYPE_CHECKING:
    from mgiad_dsl.study.candidates import Bench, Candidate, Refused
    from mgiad_dsl.study.read import Study
    from mgiad_dsl.study.records import Order

_EXAMPLES = """examples:
  mgiad sweep study.toml --dry-run   the candidates, and what is over budget
  mgiad sweep study.toml             train them; the same command goes on
  mgiad sweep study.toml --trial 7   one trial, for a job of Slurm or Ray
"""


def _add_arguments(command: ArgumentParser) -> None:
    command.add_argument("study", metavar="STUDY", help="a study file (docs/sweeps.md)")
    command.add_argument("--dry-run", action="store_true", help="list the candidates only")
    command.add_argument(
        "--trial", metavar="N|NAME", help="train one trial of the grid, by its number or folder"
    )
    command.add_argument("--retry", action="store_true", help="train again what failed")
    command.add_argument(
        "--alone",
        action="store_true",
        help="no other process works on the study: go on with all that seems to run",
    )
    add_data_arguments(command)
    add_forms(command, "docs/sweeps.md", "the results, or the candidates")


def _run(options: Namespace) -> int:
    from mgiad_dsl.study.candidates import Bench
    from mgiad_dsl.study.read import read_study

    check_data_arguments(options)
    study = read_study(options.study)
    check_folder(study.out, hint="`out` of the study names the folder of its runs")
    bench = Bench(study, recipe_for)
    grid = bench.grid() if study.file.search.sampler == "grid" else []
    if options.dry_run:
        _list(study, grid, options.form)
        return 0
    return _sweep(bench, grid, options)


def _list(study: Study, grid: Sequence[Candidate | Refused], form: str) -> None:
    from mgiad_dsl.study.records import orders
    from mgiad_dsl.study.tables import candidate_table, listed

    if not grid:
        raise SpecError(
            f"{study.file.search.sampler} chooses candidates while it trains: there is no list",
            study.place("search", "sampler"),
        )
    wanted = orders(grid, study.file.seeds)
    put(formatted(candidate_table(listed(grid, wanted)), form))
    _explain(grid, len(wanted))


def _explain(grid: Sequence[Candidate | Refused], trials: int) -> None:
    """How many of the grid are left, and for what reasons the others are not."""
    from mgiad_dsl.study.candidates import Refused

    refused = [each for each in grid if isinstance(each, Refused)]
    reasons = [in_brief(each.error) for each in refused]
    for reason in dict.fromkeys(reasons):
        say(f"note: {reasons.count(reason)} of {len(grid)} are no networks: {reason}")
    over = sum(1 for each in grid if not isinstance(each, Refused) and each.over)
    if over:
        say(f"note: {over} of {len(grid)} are over budget")
    say(f"{trials} trials")


def _sweep(bench: Bench, grid: Sequence[Candidate | Refused], options: Namespace) -> int:
    need_torch()
    from mgiad_dsl.study.storage import need_optuna, open_trials

    need_optuna()
    from mgiad_dsl.study.ledger import Ledger
    from mgiad_dsl.study.results import results
    from mgiad_dsl.study.sweep import Sweep
    from mgiad_dsl.study.tables import result_table
    from mgiad_dsl.study.trial import Machine

    study = bench.study
    machine = Machine(where(options), options.device, options.workers)
    ledger = Ledger(*open_trials(study), study.out)
    sweep = Sweep(bench, grid, ledger, machine, say)
    if grid:
        _explain(grid, len(sweep.wanted))
    only = _only(options.trial, sweep.wanted) if options.trial is not None else None
    sweep.run(only, options.retry, options.alone)
    found = results(grid, ledger.entries(), study.file.seeds)
    put(formatted(result_table(study.name, found), options.form))
    return 1 if any(each.errors for each in found) else 0


def _only(given: str, wanted: Sequence[Order]) -> Order:
    """The trial with a number, or a folder."""
    if given.isdecimal() and int(given) < len(wanted):
        return wanted[int(given)]
    for each in wanted:
        if each.folder == Path(given).name:
            return each
    raise SpecError(
        f"there is no trial {given}",
        hint=f"0 to {len(wanted) - 1}, as --dry-run lists them" if wanted else "a grid has trials",
    )


COMMAND = Command("sweep", "train the networks of a study", _EXAMPLES, _add_arguments, _run)
