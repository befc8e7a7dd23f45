"""``mgiad compile``: the PyTorch source of a network, or a dump of another stage."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from mgiad_dsl.base.files import write
from mgiad_dsl.base.output import put
from mgiad_dsl.base.tables import render
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.export import (
    add_export_arguments,
    check_export_arguments,
    exported,
    folded_weights,
    weights_beside,
)
from mgiad_dsl.cli.messages import say
from mgiad_dsl.cli.specs import add_spec, compiled
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.show.dump import STAGES, dump
from mgiad_dsl.show.folding import folding
from mgiad_dsl.show.stats import stats

_EXAMPLES = """examples:
  mgiad compile mgnet -o mgnet.py
  mgiad-compile specs/mgnet.mgspec:cifar100 -o net.py
  mgiad-compile mgiad --set width=3 --emit graph
  mgiad-compile mgnet -O2 --stats
  mgiad-compile digits --inference --weights RUN -o digits.py
  mgiad-compile digits --inference --weights RUN --export onnx -o digits.onnx
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
    add_export_arguments(command)


def _run(options: Namespace) -> int:
    check_export_arguments(options)
    network = compiled(options.spec, options)
    made = _for_inference(network) if options.inference else network
    if options.stats:
        put(render([stats(made)], "table"))
    if options.output != "-":
        for path, content in _files(network, made, options).items():
            write(path, content)
            say(f"wrote {path}")
    elif not options.stats:
        put(dump(made, options.emit), end="")
    return 0


def _for_inference(network: Compiled) -> Compiled:
    made = network.for_inference()
    say(f"note: {made.title}: {folding(network.network, made.network)}")
    return made


def _files(network: Compiled, made: Compiled, options: Namespace) -> Mapping[Path, bytes | str]:
    """All files with what they hold: none is written unless all can be made."""
    path = Path(options.output)
    if options.export:
        return {path: exported(network, made, options)}
    text = dump(made, options.emit)
    if options.weights:
        return {weights_beside(options): folded_weights(made, options), path: text}
    return {path: text}


COMMAND = Command("compile", "write the PyTorch source", _EXAMPLES, _add_arguments, _run)
