"""Where a case holds: what its answers say, without what follows from the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from typing_extensions import assert_never

from mgiad_dsl.solving.cases import Case
from mgiad_dsl.solving.path import Answer, Question
from mgiad_dsl.solving.polynomials import Atom, Exact, Polynomial, number, simple

Relation = Literal["=", "!=", "<", "<=", ">", ">=", "is an integer", "is no integer"]
_INTEGERS = ("is an integer", "is no integer")
_MIRRORED: Mapping[Relation, Relation] = {"<": ">", ">=": "<="}
_MOST = 256  # a power of two as long as a number of a spec


@dataclass(frozen=True)
class Condition:
    """``of >= right``; of integers ``right`` is of no meaning."""

    of: Polynomial
    relation: Relation
    right: Exact = 0


def conditions(case: Case) -> tuple[Condition, ...]:
    """All that the answers of a case say of positive parameters, in the order they were asked."""
    found = (_said(question, answer) for question, answer in case.answers)
    said = list(dict.fromkeys(each for one in found for each in _unrounded(one)))
    positive = {c.of.text for c in said if _is_positive(c)}
    return tuple(each for each in said if not _follows(each, said, positive))


def _said(question: Question, answer: Answer) -> Condition:
    of = question.of
    match question.kind:
        case "integer":
            of = of if not of.terms or of.terms[0][1] > 0 else number(0) - of
            return Condition(of, "is an integer" if answer else "is no integer")
        case "value":
            assert not isinstance(answer, bool)
            return Condition(of, "=", answer)
        case "zero" | "negative":
            rest, factor, constant = of.split()
            right = simple(-Fraction(constant) / Fraction(factor))
            if question.kind == "zero":
                return Condition(rest, "=" if answer else "!=", right)
            if factor > 0:
                return Condition(rest, "<" if answer else ">=", right)
            return Condition(rest, ">" if answer else "<=", right)
        case _:
            assert_never(question.kind)


def _unrounded(one: Condition) -> Iterator[Condition]:
    """``floor(log2(p)) = n`` says that ``2^n <= p < 2^(n+1)``."""
    n, inner = one.right, one.of.alone
    if inner is None or inner.argument is None or not isinstance(n, int):
        yield one
    elif inner.function == "floor" and one.relation not in ("!=", *_INTEGERS):
        if one.relation in ("=", ">=", ">"):
            yield from _bound(inner.argument, ">=", n + (one.relation == ">"))
        if one.relation in ("=", "<=", "<"):
            yield from _bound(inner.argument, "<", n + (one.relation != "<"))
    elif inner.function == "log2" and one.relation in (">=", "<") and abs(n) < _MOST:
        yield from _bound(inner.argument, one.relation, simple(Fraction(2) ** n))
    else:
        yield one


def _bound(of: Polynomial, relation: Relation, right: Exact) -> Iterator[Condition]:
    """A bound of a polynomial, as one of what is left of it without factor and constant."""
    rest, factor, constant = of.split()
    right = simple((Fraction(right) - constant) / Fraction(factor))
    if factor < 0:
        yield Condition(rest, _MIRRORED[relation], right)
    else:
        yield from _unrounded(Condition(rest, relation, right))


def _is_positive(condition: Condition) -> bool:
    least = condition.relation in (">", ">=", "=")
    return least and (condition.right > 0 or (condition.relation == ">" and condition.right == 0))


def _follows(one: Condition, said: Sequence[Condition], positive: Collection[str]) -> bool:
    """Whether a condition need not be said."""
    if one.relation == "is an integer":
        wholes = (each.of for each in said if each.relation == one.relation and each != one)
        return any(isinstance(one.of.over(whole).constant, int) for whole in wholes)
    others = [each for each in said if each.of == one.of and each != one]
    if any(_implies(each, one) for each in others):
        return True
    below = one.relation in (">", ">=", "!=") and one.right <= 0
    return below and _sure(one, positive)


def _sure(condition: Condition, positive: Collection[str]) -> bool:
    """Whether what it is about is a sum of products of what is positive anyway."""
    return all(
        factor > 0 and all(_atom_is_positive(atom, condition, positive) for atom, _ in powers)
        for powers, factor in condition.of.terms
    )


def _atom_is_positive(atom: Atom, condition: Condition, positive: Collection[str]) -> bool:
    alone = f"1*{atom.text}"
    return not atom.function or (alone in positive and alone != condition.of.text)


def _implies(one: Condition, other: Condition) -> bool:
    """Whether, of one polynomial, one condition says more than the other."""
    a, b = one.right, other.right
    match one.relation:
        case "=":
            return other.relation != "="
        case ">" | ">=":
            strict = one.relation == ">"
            if other.relation in (">", ">="):
                return a > b or (a == b and strict and other.relation == ">=")
            return other.relation == "!=" and (a > b or (a == b and strict))
        case "<" | "<=":
            strict = one.relation == "<"
            if other.relation in ("<", "<="):
                return a < b or (a == b and strict and other.relation == "<=")
            return other.relation == "!=" and (a < b or (a == b and strict))
        case "!=" | "is an integer" | "is no integer":
            return False
        case _:
            assert_never(one.relation)
