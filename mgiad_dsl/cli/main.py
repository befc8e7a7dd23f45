"""Runs a command; errors in the input become messages and exit code 1."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.arguments import parser
from mgiad_dsl.cli.messages import show_error


def main(arguments: Sequence[str] | None = None) -> int:
    """``mgiad``: 0 if all went well, 1 for an error in the input, 2 for wrong usage."""
    options = parser().parse_args(arguments)
    try:
        code: int = options.execute(options)
        sys.stdout.flush()
        return code
    except SpecError as error:
        show_error(error)
        return 1
    except BrokenPipeError:  # the reader (`head`) has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def main_compile() -> int:
    """``mgiad-compile`` is ``mgiad compile``."""
    return main(["compile", *sys.argv[1:]])
