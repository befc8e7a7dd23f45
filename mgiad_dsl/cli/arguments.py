"""The command line: what each command takes, with examples."""

from __future__ import annotations

import argparse

from mgiad_dsl import __version__
from mgiad_dsl.cli import commands

_SPEC = "a .mgspec file, file:variant, a bundled name such as mgnet:cifar100, or - for stdin"


def parser() -> argparse.ArgumentParser:
    """The parser of ``mgiad``."""
    top = argparse.ArgumentParser(
        prog="mgiad",
        description="Describe, count, draw, compile and train multigrid-style networks.",
        epilog="mgiad COMMAND --help tells more, with examples.",
    )
    top.add_argument("--version", action="version", version=f"mgiad {__version__}")
    add = top.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    _check(_command(add, "check", "find everything wrong in specs", commands.check, _CHECK))
    _count(_command(add, "count", "count weights exactly", commands.count, _COUNT))
    _compile(_command(add, "compile", "write the PyTorch source", commands.compile_, _COMPILE))
    _draw(_command(add, "draw", "draw the architecture", commands.draw, _DRAW))
    _command(add, "list", "list the bundled specs", commands.list_, "examples:\n  mgiad list\n")
    return top


def _command(add, name, text, run, examples):  # type: ignore[no-untyped-def]
    command = add(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    return command


_CHECK = """examples:
  mgiad check specs/mgnet.mgspec           the network and all its variants
  mgiad check mgiad:w3                     one variant
  mgiad check net.mgspec --set width=2     with another parameter
"""


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument("specs", nargs="+", metavar="SPEC", help=_SPEC)
    _add_set(command)


_COUNT = """examples:
  mgiad count mgnet                        totals, families, levels, roles
  mgiad count mgiad --groups               every sharing group as well
  mgiad count resnet18:cifar10 mgnet mgnet:A   side by side
  mgiad count mgiad --set width=2 --json   for programs
"""


def _count(command: argparse.ArgumentParser) -> None:
    command.add_argument("specs", nargs="+", metavar="SPEC", help=_SPEC)
    _add_set(command)
    command.add_argument("--groups", action="store_true", help="list every sharing group")
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


def _compile(command: argparse.ArgumentParser) -> None:
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


def _draw(command: argparse.ArgumentParser) -> None:
    command.add_argument("spec", metavar="SPEC", help=_SPEC)
    _add_set(command)
    command.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=".svg, .png, .pdf or .dot; - for DOT"
    )
    command.add_argument("--detail", action="store_true", help="draw every operation")


def _add_set(command: argparse.ArgumentParser) -> None:
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
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
