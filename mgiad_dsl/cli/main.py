"""Runs a command; errors in the input become messages and exit code 1."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import NoReturn

from mgiad_dsl import __version__
from mgiad_dsl.base.output import drop_output, flush, open_output
from mgiad_dsl.base.printable import printable
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli import (
    check,
    compile,
    count,
    draw,
    eval,
    list,
    plot,
    report,
    runs,
    solve,
    sweep,
    train,
)
from mgiad_dsl.cli.messages import one_command, show_error

_MODULES = (check, count, solve, compile, draw, report, train, eval, runs, sweep, plot, list)
COMMANDS = tuple(module.COMMAND for module in _MODULES)


def main(arguments: Sequence[str] | None = None) -> int:
    """``mgiad``: 0 if all went well, 1 for an error in the input, 2 for wrong usage."""
    open_output()
    try:
        options = _parsed(arguments)
        with one_command(options.quiet):
            code: int = options.execute(options)
        flush()
        return code
    except SpecError as error:
        show_error(error)
        return 1
    except BrokenPipeError:  # the reader (`head`) has had enough
        drop_output()
        return 0
    except KeyboardInterrupt:
        return 130


def main_compile() -> int:
    """``mgiad-compile`` is ``mgiad compile``."""
    return main(["compile", *sys.argv[1:]])


def _parsed(arguments: Sequence[str] | None) -> Namespace:
    try:
        return parser().parse_args(arguments)
    except SystemExit:
        flush()  # --help and --version are results
        raise


class _Parser(ArgumentParser):
    """Says what is wrong in arguments without the control characters in them."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parser() -> ArgumentParser:
    """The parser of ``mgiad``."""
    top = _Parser(
        prog="mgiad",
        description="Describe, count, draw, compile and train multigrid-style networks.",
        epilog="mgiad COMMAND --help tells more, with examples.",
    )
    top.add_argument("--version", action="version", version=f"mgiad {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        own = commands.add_parser(
            command.name,
            help=command.purpose,
            description=f"{command.purpose[0].upper()}{command.purpose[1:]}.",
            epilog=command.examples,
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.add_arguments(own)
        own.add_argument(
            "-q", "--quiet", action="store_true", help="no warnings and notes: results and errors"
        )
        own.set_defaults(execute=command.run)
    return top
