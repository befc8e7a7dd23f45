"""Values of parameters to try: lists and ranges, and all their combinations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.check import check
from mgiad_dsl.check.parameters import literal
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Value, is_number, show
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.solving.polynomials import Exact, simple

MAX_CANDIDATES = 100_000

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Axis:
    """A parameter with the values to try."""

    name: str
    values: tuple[Value, ...]

    @property
    def is_numeric(self) -> bool:
        return all(map(is_number, self.values))


def axis(name: str, given: object) -> Axis:
    """``width`` with ``0.5:4:0.1``, ``16,32,64`` or ``true,false``; from Python a list as well.

    A range has its last value if a whole number of steps leads there; all are exact.

    Raises:
        SpecError: what is no value or no range, or too many.
    """
    if isinstance(given, str):
        parts: Sequence[object] = given.split(",")
    else:
        parts = list(given) if isinstance(given, Sequence) else [given]
    values = [value for part in parts for value in _values(name, part)]
    return Axis(name, tuple(dict.fromkeys(values)))


def spelled(name: str, given: str) -> list[str]:
    """The values of a text, each as it is written there; those of a range written out.

    Raises:
        SpecError: a range that is none.
    """
    parts = given.split(",")
    return [text for p in parts for text in (map(show, _values(name, p)) if ":" in p else [p])]


def _values(name: str, part: object) -> Iterator[Value]:
    if not isinstance(part, str) or ":" not in part:
        yield literal(name, part)
        return
    numbers = [literal(name, each) for each in part.split(":")]
    ends = [Fraction(n) for n in numbers if isinstance(n, (int, Fraction)) and is_number(n)]
    if len(ends) != 3 or len(numbers) != 3 or ends[2] <= 0 or ends[1] < ends[0]:
        raise SpecError(
            f"`{name}={part}` is no range",
            hint=f"first, last and step: {name}=0.5:4:0.1",
        )
    first, last, step = ends
    steps = (last - first) // step
    if steps >= MAX_CANDIDATES:
        raise SpecError(f"`{name}={part}` has more than {MAX_CANDIDATES:,} values")
    for number in range(steps + 1):
        yield simple(first + number * step)


@dataclass(frozen=True)
class Grid:
    """All combinations of values of some parameters, for one spec or variant."""

    tree: ast.Spec
    variant: str | None
    axes: tuple[Axis, ...]
    settings: Mapping[str, object]

    def __post_init__(self) -> None:
        """Check names, and that each value may be one of its parameter.

        Raises:
            SpecError: anything wrong in them, or in the spec at any values.
        """
        names = [each.name for each in self.axes]
        for name in names:
            if name in self.settings or names.count(name) > 1:
                how = "both set and varied" if name in self.settings else "varied twice"
                raise SpecError(f"`{name}` is {how}")
        if len(self) > MAX_CANDIDATES:
            raise SpecError(f"{len(self):,} candidates: more than {MAX_CANDIDATES:,}")
        default = {p.name: p.default for p in self.checked({}).parameters}
        for each in self.axes:
            for value in each.values:
                known = default.get(each.name)
                if known is None or not (is_number(known) and is_number(value)):
                    self.checked({each.name: value})

    def __len__(self) -> int:
        return prod(len(each.values) for each in self.axes)

    def __iter__(self) -> Iterator[Values]:
        for values in product(*(each.values for each in self.axes)):
            yield dict(zip((each.name for each in self.axes), values, strict=True))

    @property
    def numeric(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.axes if each.is_numeric)

    def checked(self, values: Mapping[str, object]) -> NetSpec:
        """The checked spec with these values.

        Raises:
            SpecError: anything wrong in it.
        """
        report = Report()
        spec = check(self.tree, self.variant, {**self.settings, **values}, report)
        report.raise_errors()
        return spec


def numbers(values: Values, names: Sequence[str]) -> dict[str, Exact]:
    """The values of numeric parameters."""
    found: dict[str, Exact] = {}
    for name in names:
        value = values[name]
        assert isinstance(value, (int, Fraction))
        found[name] = value
    return found
