"""The rules of spaces by themselves: what each lets pass, and what it says of the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mgiad_dsl.base.source import Note, Source, Span, SpecError
from mgiad_dsl.language import rules
from mgiad_dsl.language.rules import Worth

HERE = Span(Source("net", "u + f"), 0, 5)
U = Worth("space", "a value of `u`", "u", declared=(Note("`u` is declared here", HERE),))
F = Worth("space", "a value of `f`", "f")
ZERO = Worth("number", "the number 0", number=0)
ONE = Worth("number", "the number 1", number=1)
NUMBER = Worth("number", "a number")  # not known yet
THETA = Worth("scalar", "a learnable scalar")
WORD = Worth("other", "the word `V`")


def said(rule: Callable[..., None], *given: object) -> str | None:
    try:
        rule(*given, HERE)
    except SpecError as error:
        return error.message
    return None


@pytest.mark.parametrize(("one", "two"), [(U, U), (U, ZERO), (NUMBER, U), (ONE, THETA)])
def test_sums(one: Worth, two: Worth) -> None:
    for sign in "+-":
        assert said(rules.check_sum, sign, one, two) is None


@pytest.mark.parametrize(("one", "two"), [(U, F), (U, ONE), (U, THETA), (WORD, U)])
def test_no_sums(one: Worth, two: Worth) -> None:
    assert said(rules.check_sum, "+", one, two) == f"{one.label} cannot be added to {two.label}"
    taken = f"{two.label} cannot be subtracted from {one.label}"
    assert said(rules.check_sum, "-", one, two) == taken


def test_a_space_is_named_once_where_both_sides_are_declared_there() -> None:
    other_level = Worth("space", "a value of u[2]", "u[2]", declared=U.declared)
    with pytest.raises(SpecError) as caught:
        rules.check_sum("+", U, other_level, HERE)
    assert caught.value.notes == U.declared


@pytest.mark.parametrize(
    ("one", "sign", "two", "fits"),
    [(U, "*", THETA, True), (ONE, "*", U, True), (U, "*", F, True), (U, "*", WORD, False),
     (U, "/", ONE, True), (ONE, "/", U, False), (U, "/", U, False), (THETA, "^", ONE, True),
     (U, "^", ONE, False)],
)  # fmt: skip
def test_products(one: Worth, sign: str, two: Worth, fits: bool) -> None:
    assert (said(rules.check_product, sign, one, two) is None) is fits


def test_assignments() -> None:
    target = Worth("space", "`u`", "u")
    assert [said(rules.check_assigned, target, value) for value in (U, ZERO, NUMBER)] == [None] * 3
    assert said(rules.check_assigned, target, F) == "a value of `f` cannot be assigned to `u`"


def test_arguments() -> None:
    note = Note("`A` is declared here", HERE)
    assert said(rules.check_applied, "A", note, U, U) is None
    wrong = "`A` applies to a value of `u`, but this is a value of `f`"
    assert said(rules.check_applied, "A", note, U, F) == wrong
    assert said(rules.check_is_value, "A", THETA) == "`A` cannot be applied to a learnable scalar"
    assert said(rules.check_points, "avgpool", True) == (
        "`avgpool` is given a vector, which has no points"
    )
