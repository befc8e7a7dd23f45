"""``mgiad solve``: the best networks within a budget."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mgiad_dsl.base.amounts import amount
from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.base.tables import as_csv, render
from mgiad_dsl.check.parameters import literal
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.forms import add_forms, put_json
from mgiad_dsl.cli.messages import show_problem
from mgiad_dsl.cli.specs import add_spec, setting
from mgiad_dsl.cli.training import check_at_least
from mgiad_dsl.compiler import read
from mgiad_dsl.show.solution import best, settings, solution_facts, tables
from mgiad_dsl.solving.grid import Grid, axis
from mgiad_dsl.solving.solve import Budget, Solution, solution

_EXAMPLES = """examples:
  mgiad solve mgnet --weights 2M --vary width=0.5:2:1/16     the widest with 2M weights
  mgiad solve mgiad --weights 1.4M --vary width=0.5:4:0.1 c_K=16,32,64 g_s=4,8 --by macs
  mgiad solve mgnet --macs 300M --vary width=0.5:2:1/16 share_B=true,false --json
  mgiad solve mgnet --memory 2GiB --batch 128 --vary width=1:8:1
"""


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command)
    command.add_argument(
        "--vary",
        nargs="+",
        action="extend",
        default=[],
        type=setting,
        metavar="NAME=VALUES",
        help="values to try: 16,32,64, or first:last:step, of numbers, booleans or words; of "
        "several parameters all combinations",
    )
    command.add_argument("--weights", metavar="N", help="at most so many weights: 1.4M")
    command.add_argument("--macs", metavar="N", help="at most so many MACs per image: 600M")
    command.add_argument("--memory", metavar="SIZE", help="trains in so much: 2GiB")
    command.add_argument("--batch", type=int, metavar="N", help="images in a batch, for --memory")
    command.add_argument("--top", type=int, default=10, metavar="N", help="how many; default: 10")
    command.add_argument(
        "--by",
        default="weights",
        metavar="WHAT",
        help="what the best has most of: weights (the default), macs, or a varied number",
    )
    command.add_argument("--least", action="store_true", help="the best has least of it")
    add_forms(command, "docs/solve.md", "the best")


def _run(options: Namespace) -> int:
    if not options.vary:
        raise SpecError("nothing varies", hint="--vary width=0.5:4:0.1")
    tree, variant = read(options.spec)
    axes = tuple(axis(name, values) for name, values in options.vary)
    grid = Grid(tree, variant, axes, dict(options.settings))
    found = solution(
        grid, _budget(options), options.by, options.top, least=options.least, level=options.level
    )
    if options.form == "json":
        put_json([solution_facts(found)])
    elif options.form == "csv":
        put(as_csv(best(found)))
    else:
        put(render(tables(found), options.form))
    if not found.best:
        show_problem(_nothing(found))
    return 0 if found.best else 1


def _nothing(found: Solution) -> str:
    least = found.smallest
    if least is None:
        return "error: no candidate is a network"
    heavy = f"; {found.heavy:,} need too much memory" if found.heavy else ""
    return (
        f"error: no candidate fits{heavy}; the smallest has {least.weights:,} weights and "
        f"{least.macs:,} MACs per image ({settings(least.values)})"
    )


def _budget(options: Namespace) -> Budget:
    memory = None if options.memory is None else amount(options.memory)
    if options.batch is not None and memory is None:
        raise SpecError("--batch is for --memory", hint="--memory 2GiB --batch 128")
    batch = 1 if options.batch is None else options.batch
    check_at_least("--batch", batch, 1, "--memory 2GiB --batch 128")
    weights, macs = _number("weights", options.weights), _number("macs", options.macs)
    return Budget(weights, macs, memory, batch)


def _number(name: str, text: str | None) -> int | None:
    """``1.4M``"""
    if text is None:
        return None
    try:
        value = literal(name, text)
    except SpecError:
        value = False
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise SpecError(f"--{name} {text} is no whole number above 0", hint=f"--{name} 1.4M")


COMMAND = Command("solve", "find the best within a budget", _EXAMPLES, _add_arguments, _run)
