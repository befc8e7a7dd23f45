"""How a network grows with one of its parameters: the exponent p of weights ~ parameter^p."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import log

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import Compiled, compile_file
from mgiad_dsl.language.evaluate import is_number, show
from mgiad_dsl.show.tables import Cell, Table, plain

TITLES = {"weights": "weights", "body": "apart from the head", "macs": "MACs per image"}


@dataclass(frozen=True)
class Variation:
    """A network at growing values of a parameter, with the counts named in `TITLES`."""

    name: str
    parameter: str
    values: tuple[int | Fraction, ...]
    counts: dict[str, tuple[int, ...]]

    def exponent(self, quantity: str, first: int, last: int) -> float | None:
        """The exponent of growth between two of the values; None where nothing can grow."""
        one, other = self.counts[quantity][first], self.counts[quantity][last]
        if first == last or not one or not other:
            return None
        return log(other / one) / log(self.values[last] / self.values[first])

    def slope(self, first: int, last: int) -> int | None:
        """Weights more for each unit of the parameter; None at a single value."""
        if first == last:
            return None
        weights = self.counts["weights"]
        return round((weights[last] - weights[first]) / (self.values[last] - self.values[first]))


def vary(
    spec: str, parameter: str, values: Sequence[object], settings: Mapping[str, object]
) -> Variation:
    """Count a network at each value of a parameter.

    Args:
        spec: as for `compile_file`.
        parameter: the name of a numeric parameter of the network.
        values: at least two positive numbers, each larger than the one before.
        settings: other parameters to set otherwise.

    Raises:
        SpecError: anything wrong in the spec, the settings or the values.
    """
    if parameter in settings:
        raise SpecError(f"`{parameter}` is both set and varied")
    networks = tuple(compile_file(spec, **{**settings, parameter: value}) for value in values)
    numbers = [_number(network, parameter) for network in networks]
    if len(numbers) < 2 or any(a >= b for a, b in pairwise([Fraction(0), *numbers])):
        raise SpecError(
            f"`{parameter}` is varied over {', '.join(map(show, numbers))}",
            hint=f"two or more positive numbers that grow: {parameter}=1,2,4",
        )
    counts = [network.count for network in networks]
    followed = {
        "weights": tuple(counted.weights for counted in counts),
        "body": tuple(counted.body for counted in counts),
        "macs": tuple(counted.macs for counted in counts),
    }
    return Variation(networks[0].name, parameter, tuple(numbers), followed)


def _number(network: Compiled, parameter: str) -> int | Fraction:
    value = next(p.value for p in network.spec.parameters if p.name == parameter)
    if not is_number(value):
        raise SpecError(f"`{parameter}` is {show(value)}, and only numbers can be varied")
    number: int | Fraction = value
    return number


def growth(variation: Variation) -> Table:
    """Counts with what they grow by from one value to the next, and from the first to the last.

    The slope stays the same where weights grow linearly, the exponent where they grow as a power.
    """
    last = len(variation.values) - 1
    rows = [_row(variation, show(v), max(at - 1, 0), at) for at, v in enumerate(variation.values)]
    rows.append(_row(variation, "overall", 0, last))
    header = [cell for title in TITLES.values() for cell in (title, "exponent")]
    header[1:1] = [f"per {variation.parameter}"]
    title = f"{variation.name}: growth with {variation.parameter}"
    return Table(title, (variation.parameter, *header), tuple(rows))


def _row(variation: Variation, label: str, first: int, last: int) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for quantity in TITLES:
        exponent = variation.exponent(quantity, first, last)
        cells += [
            None if label == "overall" else variation.counts[quantity][last],
            None if exponent is None else f"{exponent:.2f}",
        ]
    cells[1:1] = [variation.slope(first, last)]
    return (label, *cells)


def as_json(variation: Variation) -> dict[str, object]:
    """The same under stable names (docs/count.md)."""
    return {
        "name": variation.name,
        "parameter": variation.parameter,
        "values": [plain(value) for value in variation.values],
        **{name: list(counts) for name, counts in variation.counts.items()},
    }
