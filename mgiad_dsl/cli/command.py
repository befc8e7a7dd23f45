"""What a command is: each of the files beside this one makes one."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command: what it is called, its help, its arguments, and what it does with them.

    ``run`` gives the exit code, or raises SpecError for what is wrong in the input.
    """

    name: str
    purpose: str
    examples: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
