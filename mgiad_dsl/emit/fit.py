"""A program as it is printed: what is too long for a line is made shorter, or several lines."""

from __future__ import annotations

from mgiad_dsl.emit.short import short
from mgiad_dsl.emit.split import split
from mgiad_dsl.outline.program import Program


def fit(program: Program) -> Program:
    """The program with names for long references, and for parts of long expressions."""
    return split(short(program))
