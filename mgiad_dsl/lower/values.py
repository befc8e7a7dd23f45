"""What an expression is worth while a cycle runs symbolically."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from mgiad_dsl.base.source import Note
from mgiad_dsl.graph.network import Place
from mgiad_dsl.graph.ops import Shape, Size
from mgiad_dsl.language.evaluate import Value, is_number, kind_of, show
from mgiad_dsl.language.rules import Worth

SCALAR = Place("<scalar>", (), "a learnable scalar")


@dataclass(frozen=True)
class Tensor:
    """The result of a node, in a space (or a learnable scalar, of shape ``()``)."""

    node: str
    place: Place
    shape: Shape

    @property
    def is_scalar(self) -> bool:
        return self.place == SCALAR

    @property
    def size(self) -> Size:
        """Height and width of an image, or as many as it has dimensions; a vector has none."""
        return self.shape[1:]

    def __str__(self) -> str:
        return "x".join(map(str, self.shape))


Result: TypeAlias = "Tensor | Value"


def worth(value: Result) -> Worth:
    """A value as the rules of spaces know it."""
    if isinstance(value, Tensor):
        if value.is_scalar:
            return Worth("scalar", value.place.label)
        return worth_in(value.place, f"a value of {value.place.label}")
    if isinstance(value, (int, Fraction)) and is_number(value):
        return Worth("number", f"the number {show(value)}", number=value)
    return Worth("other", kind_of(value))


def worth_in(place: Place, label: str) -> Worth:
    """What values of a space are worth; ``label`` names one of them, or the space."""
    declared = (Note("this space is declared here", place.span),) if place.span else ()
    return Worth("space", label, place, declared=declared)
