"""The way that values of parameters take through the compiler: what was asked, and the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from typing_extensions import assert_never

from mgiad_dsl.solving.polynomials import Exact, Point, Polynomial

Kind = Literal["integer", "negative", "zero", "value"]
Answer: TypeAlias = "bool | Exact"


@dataclass(frozen=True)
class Question:
    """Whether a polynomial is an integer, negative or zero; or which value it has."""

    kind: Kind
    of: Polynomial

    def answer(self, point: Point) -> Answer:
        """The answer at a point. Raises as `Point.atom`."""
        value = self.of.at(point)
        match self.kind:
            case "integer":
                return value.denominator == 1
            case "negative":
                return value < 0
            case "zero":
                return value == 0
            case "value":
                return value
            case _:
                assert_never(self.kind)


class Path:
    """One way through the compiler: that of a point, and of all that give the same answers."""

    def __init__(self, values: Mapping[str, Exact]) -> None:
        self.point = Point(values)
        self._integers: dict[Polynomial, None] = {}  # what is known to be one
        self.alone = False  # whether something is decided that was not asked
        self.answers: dict[Question, Answer] = {}  # in the order they were asked first

    def holds(self, kind: Literal["integer", "negative", "zero"], of: Polynomial) -> bool:
        """Whether something holds of a polynomial."""
        if kind == "integer":
            return self._is_integer(of)
        return bool(self._answer(Question(kind, of.scaled(signed=kind == "negative"))))

    def _answer(self, question: Question) -> Answer:
        """The answer, which is noted unless the polynomial is a constant."""
        found = self.answers.get(question)
        if found is None:
            found = question.answer(self.point)
            if question.of.constant is None:
                self.answers[question] = found
        return found

    def _is_integer(self, of: Polynomial) -> bool:
        """A sum of products of integers is known to be one: nothing is asked."""
        if of in self._integers:
            return True
        known = all(_divides(self._integers, term) for term in of.parts)
        if not known and not self._answer(Question("integer", of)):
            return False
        self._integers[of] = None
        return True

    def pinned(self, of: Polynomial) -> Exact:
        """The value of a polynomial, which from now on is that and no other."""
        value = self._answer(Question("value", of))
        assert not isinstance(value, bool)
        return value


def _divides(known: Iterable[Polynomial], term: Polynomial) -> bool:
    """Whether a term is a product of polynomials that are integers, and of an integer."""
    if term.is_whole:
        return True
    return any(
        _divides(known, rest) for each in known if (rest := term.over(each)).size < term.size
    )
