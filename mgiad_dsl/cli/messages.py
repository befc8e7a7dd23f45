"""Errors, warnings and what was done, on standard error; coloured on a terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from mgiad_dsl.base.printable import printable
from mgiad_dsl.base.source import Caution, SpecError

_COLOURS = {"error:": "1;31", "warning:": "1;33", "note:": "1;36", "hint:": "1;32"}


@dataclass(frozen=True)
class _Hearing:
    """How a command is listened to: whether not at all, and what it has said."""

    quiet: bool
    said: set[str] = field(default_factory=set)


_HEARING: ContextVar[_Hearing | None] = ContextVar("hearing", default=None)


@contextmanager
def one_command(quiet: bool) -> Iterator[None]:
    """A context in which nothing is said twice, or with ``quiet`` nothing but errors."""
    token = _HEARING.set(_Hearing(quiet))
    try:
        yield
    finally:
        _HEARING.reset(token)


def is_quiet() -> bool:
    """Whether the command runs under ``--quiet``."""
    hearing = _HEARING.get()
    return hearing is not None and hearing.quiet


def show_error(error: SpecError) -> None:
    _show(str(error))
    count = 1 + len(error.others)
    if count > 1:
        _show(f"\n{count} errors")


def show_problem(text: str) -> None:
    """An error that does not end the command."""
    _show(text)


def show_warnings(warnings: Sequence[Caution], brief: bool = False) -> None:
    """Warnings in full, or one line each where they are not what the user asked for."""
    for warning in warnings:
        say(in_brief(warning) if brief else str(warning))


def in_brief(problem: Caution | SpecError) -> str:
    """The first line: the place and the message."""
    return str(problem).partition("\n")[0]


def say(text: str) -> None:
    """What was done, on standard error: standard output is for results. Once in a command.

    Of the processes that torchrun starts only the first says it.
    """
    hearing = _HEARING.get()
    if hearing and (hearing.quiet or text in hearing.said):
        return
    if hearing:
        hearing.said.add(text)
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
