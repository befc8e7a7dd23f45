"""Exact polynomials in parameters, and in roundings, logarithms and quotients of such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Literal, TypeAlias

from typing_extensions import assert_never

from mgiad_dsl.language.evaluate import rounded

Exact: TypeAlias = "int | Fraction"
_ROUNDINGS = ("floor", "ceil", "round")
Function = Literal["", "floor", "ceil", "round", "log2", "over"]


@dataclass(frozen=True)
class Atom:
    """A parameter, or a function of a polynomial; ``over`` is ``1 / argument``.

    The ``text`` is canonical: equal texts are equal atoms.
    """

    text: str
    function: Function = ""
    argument: Polynomial | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"  # powers, in the order of their texts


class Point:
    """Values of parameters, and of the atoms that were asked for."""

    def __init__(self, values: Mapping[str, Exact]) -> None:
        self.values = values
        self._known: dict[str, Exact] = dict(values)

    def atom(self, atom: Atom) -> Exact:
        """The value of an atom.

        Raises:
            SpecError: the logarithm of what is not positive.
            ZeroDivisionError: a division by zero.
        """
        found = self._known.get(atom.text)
        if found is None:
            found = self._known[atom.text] = _value(atom, self)
        return found


def _value(atom: Atom, point: Point) -> Exact:
    assert atom.argument is not None, f"{atom.text} has no value"
    argument = Fraction(atom.argument.at(point))
    match atom.function:
        case "floor" | "ceil" | "round" | "log2":
            return rounded(atom.function, argument)
        case "over":
            return simple(1 / argument)
        case "":
            raise AssertionError("a parameter has no argument")
        case _:
            assert_never(atom.function)


@dataclass(frozen=True)
class Polynomial:
    """A sum of monomials with rational coefficients; powers may be negative."""

    terms: tuple[tuple[Monomial, Exact], ...]  # in the order of their texts

    @cached_property
    def text(self) -> str:
        """Canonical: equal texts are equal polynomials."""
        return " + ".join(f"{factor}*{_text(powers)}" for powers, factor in self.terms) or "0"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    @cached_property
    def constant(self) -> Exact | None:
        """The number that it is; None if it depends on something."""
        if not self.terms:
            return 0
        powers, factor = self.terms[0]
        return factor if len(self.terms) == 1 and not powers else None

    @property
    def alone(self) -> Atom | None:
        """The atom that it is and nothing else, if it is one."""
        (powers, factor), *others = self.terms or (((), 0),)
        if others or factor != 1 or len(powers) != 1 or powers[0][1] != 1:
            return None
        return powers[0][0]

    @property
    def parts(self) -> tuple[Polynomial, ...]:
        """Its terms, each alone."""
        return tuple(map(_term, self.terms))

    @property
    def is_whole(self) -> bool:
        """Whether it is made of integers and roundings alone."""
        return all(
            isinstance(factor, int)
            and all(power > 0 and atom.function in _ROUNDINGS for atom, power in powers)
            for powers, factor in self.terms
        )

    @property
    def size(self) -> int:
        """How many factors its terms have, those of denominators too."""
        return sum(abs(power) for powers, _ in self.terms for _, power in powers)

    def degree(self, name: str) -> int | None:
        """Its order of growth in a parameter; None where that is no power of it."""
        found = [_degree(powers, name) for powers, _ in self.terms]
        known = [each for each in found if each is not None]
        return max(known, default=0) if len(known) == len(found) else None

    def split(self) -> tuple[Polynomial, Exact, Exact]:
        """``rest``, ``factor`` and ``constant`` of ``factor * rest + constant``.

        The first coefficient of ``rest`` is 1.
        """
        constant = next((factor for powers, factor in self.terms if not powers), 0)
        rest = Polynomial(tuple(term for term in self.terms if term[0]))
        factor = rest.terms[0][1] if rest.terms else 1
        return rest * number(1 / Fraction(factor)), factor, constant

    def scaled(self, *, signed: bool) -> Polynomial:
        """With a first coefficient of 1; if the sign is to stay, of 1 or -1."""
        return _scaled(self, signed)

    def at(self, point: Point) -> Exact:
        """Its value. Raises as `Point.atom`."""
        total: Exact = 0
        for powers, factor in self.terms:
            value = factor
            for atom, power in powers:
                base = point.atom(atom)
                value *= base**power if power > 0 else 1 / Fraction(base) ** -power
            total += value
        return simple(total)

    def __add__(self, other: Polynomial) -> Polynomial:
        return _sum(self, other, 1)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return _sum(self, other, -1)

    def __mul__(self, other: Polynomial) -> Polynomial:
        return _times(self, other)

    def over(self, other: Polynomial) -> Polynomial:
        """The quotient; what does not divide becomes an atom ``1 / other``."""
        return _over(self, other)

    def power(self, exponent: int) -> Polynomial:
        base = ONE.over(self) if exponent < 0 else self
        result = ONE
        for _ in range(abs(exponent)):
            result = result * base
        return result


def simple(value: Exact) -> Exact:
    """An integer, where it is one."""
    return value.numerator if value.denominator == 1 else value


@lru_cache(maxsize=4096)
def number(value: Exact) -> Polynomial:
    return Polynomial((((), simple(value)),) if value else ())


def parameter(name: str) -> Polynomial:
    return Polynomial(((((Atom(name), 1),), 1),))


def function(name: Function, argument: Polynomial) -> Polynomial:
    """A function of a polynomial, which is no constant."""
    return Polynomial(((((Atom(f"{name}({argument.text})", name, argument), 1),), 1),))


ONE = number(1)


@lru_cache(maxsize=4096)
def _scaled(one: Polynomial, signed: bool) -> Polynomial:
    first = Fraction(one.terms[0][1]) if one.terms else Fraction(1)
    by = abs(first) if signed else first
    return one if by == 1 else one * number(1 / by)


@lru_cache(maxsize=4096)
def _times(one: Polynomial, two: Polynomial) -> Polynomial:
    found: dict[Monomial, Exact] = {}
    for first, factor in one.terms:
        for second, by in two.terms:
            powers = _product(first, second)
            found[powers] = found.get(powers, 0) + factor * by
    return _ordered(found)


@lru_cache(maxsize=4096)
def _over(one: Polynomial, two: Polynomial) -> Polynomial:
    if not one.terms:
        return one
    if len(two.terms) == 1:
        return one * _inverse(two.terms[0])
    ratio = _term(one.terms[0]) * _inverse(two.terms[0])
    return ratio if two * ratio == one else one * function("over", two)


def _degree(powers: Monomial, name: str) -> int | None:
    total = 0
    for atom, power in powers:
        if atom.argument is None:
            total += power * (atom.text == name)
            continue
        inner = atom.argument.degree(name)
        if inner is None or (inner and atom.function not in _ROUNDINGS):
            return None
        total += power * inner
    return total


@lru_cache(maxsize=4096)
def _sum(one: Polynomial, two: Polynomial, sign: int) -> Polynomial:
    found = dict(one.terms)
    for powers, factor in two.terms:
        found[powers] = found.get(powers, 0) + sign * factor
    return _ordered(found)


def _ordered(found: Mapping[Monomial, Exact]) -> Polynomial:
    terms = [(powers, simple(factor)) for powers, factor in found.items() if factor]
    return Polynomial(tuple(sorted(terms, key=_order)))


def _order(term: tuple[Monomial, Exact]) -> str:
    return _text(term[0])


def _product(one: Monomial, two: Monomial) -> Monomial:
    if not one or not two:
        return one or two
    powers = dict(one)
    for atom, power in two:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((a, p) for a, p in powers.items() if p), key=_atom_text))


def _atom_text(power: tuple[Atom, int]) -> str:
    return power[0].text


def _text(powers: Monomial) -> str:
    return "*".join(f"{a.text}^{power}" if power != 1 else a.text for a, power in powers)


def _term(term: tuple[Monomial, Exact]) -> Polynomial:
    return Polynomial((term,))


def _inverse(term: tuple[Monomial, Exact]) -> Polynomial:
    powers, factor = term
    inverse = tuple((atom, -power) for atom, power in powers)
    return Polynomial(((inverse, simple(1 / Fraction(factor))),))
