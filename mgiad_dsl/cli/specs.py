"""What all commands that compile share: how a spec is named, set otherwise, and compiled."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.messages import say, show_warnings
from mgiad_dsl.compiler import Compiled, compile_tree, read
from mgiad_dsl.rewrite import Level, known_level

_SPEC = "a .mgspec file, file:variant, a bundled name such as mgnet:cifar100, or - for stdin"


def add_spec(command: ArgumentParser, level: Level = 1) -> None:
    """Add the one spec of a command, with the options of compiling it."""
    command.add_argument("spec", metavar="SPEC", help=_SPEC)
    _add_options(command, level)


def add_specs(command: ArgumentParser) -> None:
    """Add one or several specs, with the options of compiling them."""
    command.add_argument("specs", nargs="+", metavar="SPEC", help=_SPEC)
    _add_options(command, level=1)


def _add_options(command: ArgumentParser, level: Level) -> None:
    command.add_argument(
        "-O",
        type=_level,
        default=level,
        metavar="LEVEL",
        dest="level",
        help="0: as written, where what no output needs does not run; "
        "1: without redundant work, equal bit for bit; "
        f"2: with less work, equal but for rounding; default: {level}",
    )
    command.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        type=setting,
        metavar="NAME=VALUE",
        dest="settings",
        help="set parameters of the network; `expect` and `published` are skipped then",
    )


def _level(text: str) -> Level:
    """``1`` of ``-O1``"""
    try:
        return known_level(text)
    except SpecError as error:
        raise ArgumentTypeError(f"{error.message}: {error.hint}") from None


def setting(text: str) -> tuple[str, str]:
    """``NAME=VALUE`` in its parts."""
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def compiled(name: str, options: Namespace) -> Compiled:
    """The network that a spec and the options mean; warnings in brief, one line each."""
    tree, variant = read(name)
    network = compile_tree(tree, variant, dict(options.settings), options.level)
    show_warnings(network.warnings, brief=True)
    if network.spec.customised and (network.spec.expects or network.spec.published):
        say(f"note: {network.title}: `expect` and `published` are skipped under --set")
    return network
