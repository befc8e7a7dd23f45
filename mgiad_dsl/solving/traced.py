"""Numbers that know which polynomials they are, and note what is asked of them.

In sets and as keys they are their polynomials, so that looking one up asks nothing: what differs
is kept apart even where it is of one value. Only what is the same anyway may be looked up by them.

``int`` gives the plain number and notes nothing, as texts do: messages may tell it. What C code
takes as an index (`range`) notes nothing either: it must be given numbers that were pinned.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from mgiad_dsl.solving.path import Path
from mgiad_dsl.solving.polynomials import Exact, Polynomial, function, number

# The arithmetic of `int` and `Fraction` is looked at from outside: mypy knows theirs alone.
_Any: TypeAlias = Any


def polynomial(value: object) -> Polynomial:
    """The polynomial that a number is."""
    if isinstance(value, _Compared):
        return value.polynomial
    assert isinstance(value, (int, Fraction))
    return number(value)


class _Compared:
    """Comparisons, each a question."""

    polynomial: Polynomial
    path: Path

    def _is_less(self, one: object, other: object) -> bool:
        return self.path.holds("negative", polynomial(one) - polynomial(other))

    def __lt__(self, other: _Any) -> bool:
        return self._is_less(self, other)

    def __gt__(self, other: _Any) -> bool:
        return self._is_less(other, self)

    def __le__(self, other: _Any) -> bool:
        return not self._is_less(other, self)

    def __ge__(self, other: _Any) -> bool:
        return not self._is_less(self, other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, Fraction)):
            return False
        return self.path.holds("zero", polynomial(self) - polynomial(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.polynomial)

    def __bool__(self) -> bool:
        return not self.path.holds("zero", self.polynomial)


class Number(_Compared, Fraction):
    """A number of a spec, of which the evaluator asks."""

    def __new__(cls, value: Exact, polynomial: Polynomial, path: Path) -> Number:
        self = super().__new__(cls, value)
        self.polynomial, self.path = polynomial, path
        return self

    __hash__ = _Compared.__hash__


class Integer(_Compared, int):
    """A number of channels, or of groups of them: the integers that the compiler works on."""

    def __new__(cls, value: int, polynomial: Polynomial, path: Path) -> Integer:
        self = super().__new__(cls, value)
        self.polynomial, self.path = polynomial, path
        return self

    __hash__ = _Compared.__hash__

    def _made(self, value: int, polynomial: Polynomial) -> int:
        return value if polynomial.constant is not None else Integer(value, polynomial, self.path)

    def __add__(self, other: int) -> int:
        return self._made(int(self) + int(other), self.polynomial + polynomial(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> int:
        return self._made(int(self) - int(other), self.polynomial - polynomial(other))

    def __rsub__(self, other: int) -> int:
        return self._made(int(other) - int(self), polynomial(other) - self.polynomial)

    def __neg__(self) -> int:
        return 0 - self

    def __mul__(self, other: int) -> int:
        return self._made(int(self) * int(other), self.polynomial * polynomial(other))

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> int:
        return self._quotient(self, other)

    def __rfloordiv__(self, other: int) -> int:
        return self._quotient(other, self)

    def __mod__(self, other: int) -> int:
        return self - self._quotient(self, other) * other

    def __rmod__(self, other: int) -> int:
        return other - self._quotient(other, self) * self

    def _quotient(self, one: int, other: int) -> int:
        """Of what divides, nothing is rounded."""
        if not other:
            raise ZeroDivisionError
        ratio = polynomial(one).over(polynomial(other))
        if not self.path.holds("integer", ratio):
            ratio = function("floor", ratio)
        return self._made(int(one) // int(other), ratio)
