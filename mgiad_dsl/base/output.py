"""Standard output, for results: what cannot be written is an error and never lost silently."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mgiad_dsl.base.source import SpecError


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
