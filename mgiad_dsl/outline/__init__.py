"""Network to program: what becomes a function, a loop, a variable, as data."""

from mgiad_dsl.outline.build import outline
from mgiad_dsl.outline.program import Program

__all__ = ["Program", "outline"]
