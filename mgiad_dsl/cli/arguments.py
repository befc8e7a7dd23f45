"""The command line: what each command takes, with examples."""

from __future__ import annotations

from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)
from collections.abc import Callable

from mgiad_dsl import __version__
from mgiad_dsl.cli import commands
from mgiad_dsl.train.command import add_eval_arguments, add_train_arguments

_SPEC = "a .mgspec file, file:variant, a bundled name such as mgnet:cifar100, or - for stdin"


def parser() -> ArgumentParser:
    """The parser of ``mgiad``."""
    top = ArgumentParser(
        prog="mgiad",
        description="Describe, count, draw, compile and train multigrid-style networks.",
        epilog="mgiad COMMAND --help tells more, with examples.",
    )
    top.add_argument("--version", action="version", version=f"mgiad {__version__}")
    commands_ = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, text: str, run: Callable[[Namespace], int], examples: str) -> ArgumentParser:
        command = commands_.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=examples,
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.set_defaults(execute=run)
        return command

    _check(add("check", "find everything wrong in specs", commands.check, _CHECK))
    _count(add("count", "count weights exactly", commands.count, _COUNT))
    _compile(add("compile", "write the PyTorch source", commands.compile_, _COMPILE))
    _draw(add("draw", "draw the architecture", commands.draw, _DRAW))
    _train(add("train", "train a network", commands.train, _TRAIN))
    add_eval_arguments(add("eval", "evaluate a trained network", commands.evaluate, _EVAL))
    add("list", "list the bundled specs", commands.list_, "examples:\n  mgiad list\n")
    return top


_CHECK = """examples:
  mgiad check specs/mgnet.mgspec           the network and all its variants
  mgiad check mgiad:w3                     one variant
  mgiad check net.mgspec --set width=2     with another parameter
"""


def _check(command: ArgumentParser) -> None:
    command.add_argument("specs", nargs="+", metavar="SPEC", help=_SPEC)
    _add_set(command)


_COUNT = """examples:
  mgiad count mgnet                        totals, families, levels, roles
  mgiad count mgiad --groups               every sharing group as well
  mgiad count resnet18:cifar10 mgnet mgnet:A   side by side
  mgiad count mgiad --set width=2 --json   for programs
  mgiad count mgiad --vary width=1,2,4,8   how weights grow with the width
"""


def _count(command: ArgumentParser) -> None:
    command.add_argument("specs", nargs="+", metavar="SPEC", help=_SPEC)
    _add_set(command)
    command.add_argument("--groups", action="store_true", help="list every sharing group")
    command.add_argument(
        "--vary",
        type=_varied,
        metavar="NAME=VALUES",
        help="count at each of these values of a parameter, with the exponents of growth",
    )
    form = command.add_mutually_exclusive_group()
    for name, text in (
        ("json", "as JSON (docs/count.md)"),
        ("csv", "as CSV: sharing groups of one network, or several networks"),
        ("markdown", "as Markdown tables"),
        ("latex", "as LaTeX tables (booktabs)"),
    ):
        form.add_argument(
            f"--{name}", dest="form", action="store_const", const=name, default="table", help=text
        )


_COMPILE = """examples:
  mgiad compile mgnet -o mgnet.py
  mgiad-compile specs/mgnet.mgspec:cifar100 -o net.py
  mgiad-compile mgiad --set width=3 --emit graph
  cat net.mgspec | mgiad-compile - > net.py
"""


def _compile(command: ArgumentParser) -> None:
    command.add_argument("spec", metavar="SPEC", help=_SPEC)
    _add_set(command)
    command.add_argument("-o", "--output", default="-", metavar="FILE", help="default: stdout")
    command.add_argument(
        "--emit",
        choices=("ast", "spec", "graph", "python"),
        default="python",
        help="a stage of the compiler instead of the source",
    )


_DRAW = """examples:
  mgiad draw mgiad -o mgiad.svg
  mgiad draw mgnet -o mgnet.pdf
  mgiad draw mgnet --detail -o all.svg     every operation
  mgiad draw mgnet -o - > mgnet.dot        DOT text
"""


def _draw(command: ArgumentParser) -> None:
    command.add_argument("spec", metavar="SPEC", help=_SPEC)
    _add_set(command)
    command.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=".svg, .png, .pdf or .dot; - for DOT"
    )
    command.add_argument("--detail", action="store_true", help="draw every operation")
    command.add_argument(
        "--no-legend", dest="legend", action="store_false", help="the figure alone, for one page"
    )


_TRAIN = """examples:
  mgiad train digits --data digits
  mgiad train mgnet --data cifar10 --data-dir ~/data --recipe paper
  mgiad train mgiad --set width=2 --data cifar100 --with epochs=5 --seeds 0,1,2
  mgiad train mgnet --data fake:3x32x32:10:5000 --with epochs=1
"""


def _train(command: ArgumentParser) -> None:
    command.add_argument("spec", metavar="SPEC", help=_SPEC)
    _add_set(command)
    add_train_arguments(command)


_EVAL = """examples:
  mgiad eval runs/digits-digits-digits
  mgiad eval runs/mgnet-cifar10-paper --data-dir ~/data --robustness-images 0
"""


def _add_set(command: ArgumentParser) -> None:
    command.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        dest="settings",
        help="set parameters of the network; `expect` and `published` are skipped then",
    )


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _varied(text: str) -> tuple[str, list[str]]:
    name, values = _setting(text)
    return name, values.split(",")
