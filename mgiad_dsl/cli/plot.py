"""``mgiad plot``: the figures of a study."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mgiad_dsl.base.files import check_folder
from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.train import recipe_for

_EXAMPLES = """examples:
  mgiad plot study.toml                          figures beside the runs
  mgiad plot study.toml -o figures --error       error instead of accuracy
  mgiad plot study.toml --formats pdf --no-names
"""


def _add_arguments(command: ArgumentParser) -> None:
    command.add_argument("study", metavar="STUDY", help="a study file (docs/sweeps.md)")
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="default: figures, beside the runs"
    )
    command.add_argument("--error", action="store_true", help="error in %% instead of accuracy")
    command.add_argument(
        "--formats",
        nargs="+",
        choices=["png", "svg", "pdf"],
        default=["png", "svg", "pdf"],
        metavar="FORMAT",
        help="png, svg, pdf; default: all",
    )
    command.add_argument(
        "--no-names", dest="names", action="store_false", help="no names beside the points"
    )
    command.add_argument(
        "--no-published", dest="published", action="store_false", help="no published points"
    )


def _run(options: Namespace) -> int:
    from mgiad_dsl.plot.canvas import need_libraries
    from mgiad_dsl.study.candidates import Bench
    from mgiad_dsl.study.read import read_study
    from mgiad_dsl.study.storage import is_begun, need_optuna, open_trials

    need_optuna()
    need_libraries()
    from mgiad_dsl.plot.figures import Wishes, write_figures
    from mgiad_dsl.study.ledger import Ledger
    from mgiad_dsl.study.results import results

    study = read_study(options.study)
    folder = options.output or study.out / "figures"
    check_folder(folder, hint="-o names the folder of the figures")
    if not is_begun(study):
        raise SpecError(f"{study.name} was not begun", hint=f"mgiad sweep {options.study}")
    grid = Bench(study, recipe_for).grid() if study.file.search.sampler == "grid" else []
    found = results(grid, Ledger(*open_trials(study), study.out).entries(), study.file.seeds)
    wishes = Wishes(options.error, options.names, options.published, options.formats)
    for path in write_figures(study, found, folder, wishes):
        put(str(path))
    return 0


COMMAND = Command("plot", "draw the results of a study", _EXAMPLES, _add_arguments, _run)
