"""Results on standard output; errors and warnings on standard error, coloured on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mgiad_dsl.base.printable import printable
from mgiad_dsl.base.source import Caution, SpecError

_COLOURS = {"error:": "1;31", "warning:": "1;33", "note:": "1;36", "hint:": "1;32"}


def put(text: str, end: str = "\n") -> None:
    """Write a result, at once.

    Raises:
        SpecError: it cannot be written, for instance to a full disk.
        BrokenPipeError: the reader has had enough.
    """
    with _writing():
        print(text, end=end, flush=True)


def flush() -> None:
    """Write what was printed without `put`. Raises as `put`."""
    with _writing():
        sys.stdout.flush()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output()
        raise SpecError(f"standard output cannot be written: {error.strerror}") from None


def open_output() -> None:
    """Make writing to a closed standard output (``>&-``) an error; Python would be silent."""
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")  # noqa: SIM115  # refuses all


def drop_output() -> None:
    """Write nothing more: what could not be written must not be tried again at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_error(error: SpecError) -> None:
    _show(str(error))
    count = 1 + len(error.others)
    if count > 1:
        _show(f"\n{count} errors")


def show_warnings(warnings: Sequence[Caution], brief: bool = False) -> None:
    """Warnings in full, or one line each where they are not what the user asked for."""
    for warning in warnings:
        say(in_brief(warning) if brief else str(warning))


def in_brief(problem: Caution | SpecError) -> str:
    """The first line: the place and the message."""
    return str(problem).partition("\n")[0]


def say(text: str) -> None:
    """What was done, on standard error: standard output is for results.

    Of the processes that torchrun starts only the first says it.
    """
    if os.environ.get("RANK", "0") == "0":
        _show(text)


def _show(text: str) -> None:
    if sys.stderr is None:  # closed: there is nobody to tell
        return
    text = printable(text)
    if sys.stderr.isatty() and "NO_COLOR" not in os.environ:
        text = re.sub(
            r"(?m)(?<= )(error:|warning:|note:|hint:)|^(error:|warning:)",
            lambda match: f"\x1b[{_COLOURS[match.group()]}m{match.group()}\x1b[0m",
            text,
        )
    print(text, file=sys.stderr)
