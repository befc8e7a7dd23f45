"""``mgiad compile``: the PyTorch source of a network, or a dump of another stage."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mgiad_dsl.base.files import write
from mgiad_dsl.base.output import put
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.messages import say
from mgiad_dsl.cli.specs import add_spec, compiled
from mgiad_dsl.show.dump import STAGES, dump
from mgiad_dsl.show.stats import stats
from mgiad_dsl.show.tables import render

_EXAMPLES = """examples:
  mgiad compile mgnet -o mgnet.py
  mgiad-compile specs/mgnet.mgspec:cifar100 -o net.py
  mgiad-compile mgiad --set width=3 --emit graph
  mgiad-compile mgnet -O2 --stats
  cat net.mgspec | mgiad-compile - > net.py
"""


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command)
    command.add_argument("-o", "--output", default="-", metavar="FILE", help="default: stdout")
    command.add_argument(
        "--emit",
        choices=STAGES,
        default="python",
        help="a stage of the compiler instead of the source",
    )
    command.add_argument(
        "--stats",
        action="store_true",
        help="a table of what each rewrite saves; the source goes to a FILE only",
    )


def _run(options: Namespace) -> int:
    network = compiled(options.spec, options)
    if options.stats:
        put(render([stats(network)], "table"))
        if options.output == "-":
            return 0
    text = dump(network, options.emit)
    if options.output == "-":
        put(text, end="")
    else:
        write(Path(options.output), text)
        say(f"wrote {options.output}")
    return 0


COMMAND = Command("compile", "write the PyTorch source", _EXAMPLES, _add_arguments, _run)
