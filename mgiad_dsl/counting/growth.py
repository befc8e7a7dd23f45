"""How a network grows with one of its parameters: the exponent p of weights ~ parameter^p."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import log


@dataclass(frozen=True)
class Point:
    """The counts at one value of the parameter; ``body`` is all but the head."""

    value: int | Fraction
    weights: int
    body: int
    macs: int


@dataclass(frozen=True)
class Gap:
    """A value, as it was given, that the network cannot take, and why."""

    given: str
    reason: str


@dataclass(frozen=True)
class Variation:
    """A network at growing values of a parameter."""

    name: str
    parameter: str
    samples: tuple[Point | Gap, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(sample for sample in self.samples if isinstance(sample, Point))


@dataclass(frozen=True)
class Growth:
    """From one value of the parameter to a larger one."""

    first: Point
    last: Point

    def exponent(self, quantity: Callable[[Point], int]) -> float | None:
        """The exponent of a count; None where nothing can grow."""
        one, other = quantity(self.first), quantity(self.last)
        if not one or not other:
            return None
        return log(other / one) / log(self.last.value / self.first.value)

    @property
    def slope(self) -> int:
        """Weights more for each unit of the parameter."""
        more = self.last.weights - self.first.weights
        return round(more / Fraction(self.last.value - self.first.value))
