"""Counts as functions of parameters, against the compiler at every value."""

from __future__ import annotations

import random
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.resources import bundled_specs
from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.check import check
from mgiad_dsl.compiler import compile_tree
from mgiad_dsl.language.evaluate import is_number
from mgiad_dsl.parse import parse
from mgiad_dsl.rewrite import Level
from mgiad_dsl.solving.cases import Cases
from mgiad_dsl.solving.polynomials import Exact, Point
from tests.random_specs import Plan, plans
from tests.random_specs import text as spec_of
from tests.test_properties import BOUNDED, levels

ZOO = sorted(bundled_specs())
FACTORS = [Fraction(n, d) for n, d in ((1, 4), (1, 2), (1, 1), (5, 4), (3, 2), (2, 1), (3, 1))]


def counts(text: str, values: dict[str, Exact], level: Level = 1) -> tuple[int, int] | str:
    """Weights and MACs as the compiler counts them, or its errors."""
    try:
        found = compile_tree(parse(Source("net.mgspec", text)), None, values, level).count
    except SpecError as error:
        return str(error)
    return found.weights, found.macs


def traced(cases: Cases, values: dict[str, Exact]) -> tuple[int, int] | str:
    point = Point(values)
    case = cases.at(point)
    if isinstance(case, SpecError):
        return case.message
    return int(case.weights.at(point)), int(case.macs.at(point))


def agree(text: str, points: list[dict[str, Exact]], level: Level = 1) -> int:
    """Compare at all points; how often it was compiled."""
    names = tuple(points[0])
    cases = Cases(check(parse(Source("net.mgspec", text)), None, {}, Report()), names, level)
    for values in points:
        exact, found = counts(text, values, level), traced(cases, values)
        assert isinstance(exact, str) == isinstance(found, str), (values, exact, found)
        if not isinstance(exact, str):
            assert found == exact, values
    return cases.compiled


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo_at_random_values_of_all_its_numbers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    spec = check(parse(Source("net.mgspec", text)), None, {}, Report())
    numbers = [p for p in spec.parameters if is_number(p.default)]
    chance = random.Random(path.stem)
    points: list[dict[str, Exact]] = []
    for _ in range(12):
        varied = chance.sample(numbers, min(2, len(numbers)))
        scaled = {p.name: p.value * chance.choice(FACTORS) for p in varied}
        values = {p.name: scaled.get(p.name, p.value) for p in numbers}
        points.append({n: v.numerator if v.denominator == 1 else v for n, v in values.items()})
    agree(text, points)


@settings(BOUNDED, max_examples=15)
@given(plans(), levels)
def test_random_networks_at_random_widths(plan: Plan, level: Level) -> None:
    text = spec_of(plan).replace("network drawn(", "network drawn(w = 1, ")
    text = re.sub(r"let c = \[(.*?)\]", lambda m: f"let c = [{_wider(m[1])}]", text)
    assert agree(text, [{"w": w} for w in (1, 2, Fraction(1, 2), Fraction(3, 4), 3, 5)], level) < 6


def _wider(channels: str) -> str:
    return ", ".join(f"{each} * w" for each in channels.split(", "))


ONE = """network one(a = 1, b = 2, c = 8, g = 4)
input image : 4 x 8 x 8
spaces u : {channels} channels, size 8
operators {{ S : image -> u  conv 3x3
            A : u -> u  conv 3x3 {option}
            norm[*] : batchnorm }}
start {{ u = S(image) }}
output y = {value}
"""
WAYS = {
    "min": ("min(c, 4 * a)", "", "A(u)"),
    "max of a list": ("max([c, 3 * a, b^3])", "", "A(u)"),
    "sum": ("sum([c, a, b])", "", "A(u)"),
    "floor": ("floor(c / b) + ceil(c / 3) + round(c * a / 4)", "", "A(u)"),
    "log2": ("8 * floor(log2(c * b))", "", "A(u)"),
    "log2 of a negative": ("8 * floor(log2(c - 9))", "", "A(u)"),
    "power": ("c * 2^b / 2^a", "", "A(u)"),
    "power of a sum": ("(a + b)^2 + (c + 1)^-2 * (c + 1)^2", "", "A(u)"),
    "quotient of a sum": ("(c * a + c) / (a + 1)", "", "A(u)"),
    "division by zero": ("c / (a - 2)", "", "A(u)"),
    "branch": ("a < b ? c : 2 * c", "", "a == b ? A(u) : A(A(u))"),
    "a list": ("max([c, c * a] * b)", "", "A(u)"),
    "groups": ("c * a", "group_size g", "A(u)"),
    "groups of a sum": ("c + a", "group_size (c + a) / g", "A(u)"),
    "depthwise": ("c", "depthwise", "A(u)"),
    "equal factors": ("c", "", "relu(A(u * a)) + relu(A(u * b))"),
    "factors of one": ("c", "", "A(a * u) + A(u)"),
    "factors of zero": ("c", "", "A(u) + A((a - 1) * u)"),
    "norms": ("c", "", "norm(A(norm(u)))"),
    "comparisons": ("(a + b == 3 and not (c > 8 or g != 4)) ? 16 : c", "", "A(u)"),
    "lists alike": ("[a, b] == [1, 2] ? 8 : c", "", "A(u)"),
    "one image": ("c", "", "avgpool(A(u)) * u"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", [1, 2])
def test_every_way_that_a_number_takes(way: str, level: Level) -> None:
    channels, option, value = WAYS[way]
    text = ONE.format(channels=channels, option=option, value=value)
    values: list[dict[str, Exact]] = [
        {"a": a, "b": b, "c": c, "g": g}
        for a in (1, 2, Fraction(1, 2), 3)
        for b in (1, 2, -1)
        for c in (8, 12, 9, 1)
        for g in (4, 1, 3, 0)
    ]
    agree(text, random.Random(way).sample(values, 32), level)


def test_budgets_hold_of_counts_that_are_not_counted_again() -> None:
    text = ONE.format(channels="c", option="", value="A(u)") + "budget weights <= 1k\n"
    agree(text, [{"c": c} for c in range(1, 20)])
