"""Exact arithmetic."""

from fractions import Fraction

import pytest

from mgiad_dsl.base.report import PoisonedError
from mgiad_dsl.base.source import LimitError, Source, SpecError
from mgiad_dsl.language.evaluate import MAX_BITS, MAX_WORK, Evaluator, Value, show
from mgiad_dsl.parse import parse, parse_value

HALF = Fraction(1, 2)


def evaluate(text: str, env: dict[str, object] | None = None, **parameters: Value) -> Value:
    return Evaluator(parameters, {}).value(parse_value(Source("value", text)), env or {})


def with_lets(lets: str, text: str) -> Value:
    tree = parse(Source("net", f"network net\n{lets}"))
    known = {let.declared.name: let for let in tree.lets}
    return Evaluator({}, known).value(parse_value(Source("value", text)), {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 / 3 + 1 / 6", HALF),
        ("0.1 + 0.2 == 0.3", True),
        ("6 / 3", 2),
        ("7 / 2", Fraction(7, 2)),
        ("-3 - -5", 2),
        ("2 ^ 10", 1024),
        ("2 ^ -2", Fraction(1, 4)),
        ("(2/3) ^ 3", Fraction(8, 27)),
        ("-2 ^ 2", -4),
        ("(-1) ^ 1_000_001", -1),
        ("0 ^ 0", 1),
        ("0 ^ 5", 0),
        ("1.4 * 64", Fraction(448, 5)),
        ("round(1.4 * 64)", 90),
        ("floor(7/2)", 3),
        ("floor(-7/2)", -4),
        ("ceil(7/2)", 4),
        ("ceil(-7/2)", -3),
        ("min(3, 1/2, 2)", HALF),
        ("max([3, 5, 4])", 5),
        ("sum([])", 0),
        ("sum([1/2, 1/2])", 1),
        ("len([1, [2, 3]])", 2),
        ("[1, 2] * 2", (2, 4)),
        ("2 * [1, [2, 3]]", (2, (4, 6))),
        ("[1, 2] / 2", (HALF, 1)),
        ("[[1, 2], [3, 4]] / 4", ((Fraction(1, 4), HALF), (Fraction(3, 4), 1))),
        ("[1, 2] == [1, 2]", True),
        ("[1, 2] != [1, 3]", True),
        ("1 < 2 and not 2 <= 1", True),
        ("false and 1/0 == 0", False),
        ("true or 1/0 == 0", True),
        ("true ? 1 : 1/0", 1),
        ("false ? 1/0 : 2", 2),
        ("V == V", True),
        ("V != W", True),
        ("relu", "relu"),
    ],
)
def test_value(text: str, value: Value) -> None:
    found = evaluate(text)
    assert found == value
    assert type(found) is type(value)  # 4/2 is an integer, true is no 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("round(1/2)", 1), ("round(3/2)", 2), ("round(5/2)", 3), ("round(-1/2)", 0),
     ("round(-3/2)", -1), ("round(0.49999)", 0), ("round(2)", 2)],
)  # fmt: skip
def test_halves_round_up(text: str, value: int) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize("power", [-200, -53, -1, 0, 1, 10, 52, 53, 60, 200])
def test_log2_is_exact_at_powers_of_two(power: int) -> None:
    assert evaluate(f"log2(2 ^ {power})") == power


@pytest.mark.parametrize("power", [1, 10, 53, 60, 120])
def test_log2_never_rounds_across_a_power_of_two(power: int) -> None:
    assert evaluate(f"floor(log2(2 ^ {power} - 1))") == power - 1
    assert evaluate(f"ceil(log2(2 ^ {power} + 1))") == power + 1
    assert evaluate(f"floor(log2(2 ^ {power} + 1))") == power
    assert evaluate(f"floor(log2(1 / (2 ^ {power} + 1)))") == -power - 1


def test_log2_between() -> None:
    value = evaluate("log2(48)")
    assert isinstance(value, Fraction)
    assert abs(float(value) - 5.584962500721156) < 1e-14


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "division by zero"),
        ("0 ^ -1", "division by zero"),
        ("[1] / 0", "division by zero"),
        ("2 ^ 0.5", "an exponent must be an integer, not 1/2"),
        ("log2(0)", "`log2` of 0"),
        ("log2(-1)", "`log2` of -1"),
        ("true + 1", "this is a boolean"),
        ("1 + V", "this is the word `V`"),
        ("[1] + 1", "this is a list"),
        ("1 / [1]", "this is a list"),
        ("-true", "this is a boolean"),
        ("not 1", "a condition must be true or false, not a number"),
        ("1 ? 2 : 3", "a condition must be true or false, not a number"),
        ("true < false", "cannot be compared by `<`"),
        ("1 == true", "a number and a boolean cannot be compared by `==`"),
        ("V == 1", "cannot be compared"),
        ("[1, 2][3]", None),
        ("max()", "`max` of nothing"),
        ("floor([1, 2])", "`floor` takes one number, not 2"),
        ("sum([true])", "`sum` takes numbers, not a boolean"),
        ("len(1)", "`len` takes one list"),
        ("len([1], [2])", "`len` takes one list"),
        ("nothing", "`nothing` has no value here"),
        ("[[[[1]]]]", "lists in lists in lists in lists"),
    ],
)
def test_error(text: str, message: str | None) -> None:
    with pytest.raises(SpecError, match=message):
        evaluate(text)


# -- names -----------------------------------------------------------------------------------


def test_lists_count_from_one() -> None:
    assert with_lets("let base = [64, 128]", "base[1]") == 64
    for index in (0, 3, -1):
        with pytest.raises(SpecError, match=f"index {index} is outside `base`, a list of 2"):
            with_lets("let base = [64, 128]", f"base[{index}]")


def test_lists_of_lists() -> None:
    assert with_lets("let rows = [[1, 2], [3, 4]]", "rows[2,1]") == 3
    with pytest.raises(SpecError, match="`rows` is a number and has no index"):
        with_lets("let rows = [[1, 2], [3, 4]]", "rows[2,1,1]")


def test_lets_with_indices() -> None:
    lets = "let base = [64, 128] let c[l] = base[l] * 2 let g[l,k] = c[l] / 2^k"
    assert with_lets(lets, "g[2,3]") == 32
    with pytest.raises(SpecError, match="an index must be an integer, not 1/2"):
        with_lets(lets, "c[1/2]")


def test_environment_comes_first() -> None:
    assert evaluate("l + n", {"l": 3}, n=4) == 7


def test_poisoned_name() -> None:
    with pytest.raises(PoisonedError):
        evaluate("l + 1", {"l": None})


# -- bounds ----------------------------------------------------------------------------------


def test_numbers_are_bounded() -> None:
    assert evaluate(f"2 ^ {MAX_BITS - 1}") == 2 ** (MAX_BITS - 1)
    for text in (f"2 ^ {MAX_BITS}", f"2 ^ {MAX_BITS - 1} * 2", f"1 / 2 ^ {MAX_BITS}"):
        with pytest.raises(SpecError, match="too large or too fine"):
            evaluate(text)


def test_work_is_bounded_over_all_expressions() -> None:
    evaluator = Evaluator({}, {})
    expr = parse_value(Source("value", "[" + "1," * 4_000 + "1] * 2"))
    evaluator.value(expr, {})
    evaluator.spend(MAX_WORK - 20_000, expr.span)
    with pytest.raises(LimitError):
        evaluator.value(expr, {})


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (HALF, "1/2"), ((1, (2, HALF)), "[1, [2, 1/2]]"), ("relu", "relu")],
)
def test_show(value: Value, text: str) -> None:
    assert show(value) == text
