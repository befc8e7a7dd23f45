"""Closed formulas, against the compiler at values that were not used to find them."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from fractions import Fraction
from functools import cache
from math import ceil, floor

import pytest

import mgiad_dsl
from mgiad_dsl import SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.language.evaluate import rounded
from tests.zoo import ZOO

# Of each spec of the zoo that has numbers to vary, some of them.
NAMES = {
    "mgiad": ("width", "c_K"),
    "mgic": ("width", "g_s"),
    "mgnet": ("width", "classes"),
    "mgnet_grouped": ("width",),
    "mobilenet_v2": ("width",),
    "resnet18": ("classes", "in_channels"),
    "unet": ("base", "L"),
    "unet_mg": ("base",),
    "mgno": ("width", "T"),
}


@cache
def facts_of(spec: str, *names: str, vary: tuple[str, ...] = ()) -> dict:  # type: ignore[type-arg]
    values = ["--vary", *vary] if vary else []
    shown = io.StringIO()
    with redirect_stdout(shown):
        assert main(["count", spec, "--symbolic", ",".join(names), "--json", "-q", *values]) == 0
    return json.loads(shown.getvalue())  # type: ignore[no-any-return]


def value(text: str, values: Mapping[str, Fraction]) -> Fraction:
    """What the text of a formula gives: by Python, not by sympy."""
    text = re.sub(r"\b(\d+)\b", r"Fraction(\1)", text.replace("^", "**"))
    names = {
        "Fraction": Fraction,
        "round": lambda x: Fraction(rounded("round", x)),
        "log2": lambda x: Fraction(rounded("log2", Fraction(x))),
        "floor": lambda x: Fraction(floor(x)),
        "ceil": lambda x: Fraction(ceil(x)),
    }
    return Fraction(eval(text, names, dict(values)))


def holds(condition: str, values: Mapping[str, Fraction]) -> bool:
    integer = re.fullmatch(r"(.*) is (an|no) integer", condition)
    if integer:
        return (value(integer[1], values).denominator == 1) == (integer[2] == "an")
    match = re.fullmatch(r"(.*) (=|!=|<|<=|>|>=) (\S+)", condition)
    assert match, condition
    left, right = value(match[1], values), Fraction(match[3])
    return {
        "=": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[match[2]]


def test_names_are_of_the_zoo() -> None:
    assert NAMES.keys() <= set(ZOO)


@pytest.mark.parametrize("spec", NAMES)
def test_formulas_equal_exact_counts_where_they_say_they_hold(spec: str) -> None:
    names = NAMES[spec]
    facts = facts_of(spec, *names)
    own = {p.name: p.value for p in mgiad_dsl.compile_file(spec).spec.parameters}
    chance = random.Random(spec)
    met = 0
    for _ in range(25):
        factors = [Fraction(chance.randint(1, 24), 8) for _ in names]
        values = {n: Fraction(own[n]) * f for n, f in zip(names, factors, strict=True)}
        if not all(holds(c["text"], values) for c in facts["always"]):
            continue
        try:
            counted = mgiad_dsl.count(spec, **values)
        except SpecError:
            counted = None
        for case in facts["cases"]:
            if any(all(holds(c["text"], values) for c in where) for where in case["where"]):
                assert counted is not None, (values, case["where"])
                assert value(case["weights"]["text"], values) == counted.weights
                for family, groups in counted.by(lambda group: group.family).items():
                    exact = sum(group.weights for group in groups)
                    assert value(case["families"][family]["text"], values) == exact
                met += 1
    assert met > 0


# Doublings go on to the last network: until there are too many channels, or operations.
@pytest.mark.parametrize(
    ("spec", "name", "vary", "order", "last"),
    [
        ("mgiad", "width", None, "linear", 4096),
        ("mgnet", "width", None, "quadratic", 4096),
        ("mgnet", "classes", None, "linear", 655_360),
        ("mgnet", "L", "L=1,2,3,4", "linear", 128),
        ("mgnet", "steps", "steps=1,2,4", "linear", 512),
        ("mgno", "T", None, "linear", 256),
        ("resnet18", "size", "size=112,224", "bounded", 917_504),
    ],
)
def test_the_order_of_growth(spec: str, name: str, vary: str | None, order: str, last: int) -> None:
    facts = facts_of(spec, name, vary=(vary,)) if vary else facts_of(spec, *NAMES[spec])
    (growth,) = (each for each in facts["growth"] if each["parameter"] == name)
    assert (growth["order"], growth["last"]) == (order, last)


def test_cases_are_looked_for_at_the_values_that_are_given() -> None:
    facts = facts_of("mgnet", "L", vary=("L=1,2,3,4",))
    assert (facts["tried"], facts["refused"]) == (4, 0)
    assert sum(case["points"] for case in facts["cases"]) == 4
    assert facts["checked"] >= len(facts["cases"]) > 1


def test_formats(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["count", "mgnet", "--symbolic", "width", "-q"]
    assert main([*command, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["family"] for row in rows][:3] == ["all", "theta", "A"]
    assert rows[1]["weights"] == "27*round(64*width)"
    assert main([*command, "--latex"]) == 0
    latex = capsys.readouterr().out
    assert r"\text{theta} &= 27 \left\lfloor 64 \mathrm{width} \right\rceil" in latex
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 1
    assert main([*command, "--markdown"]) == 0
    assert "**mgnet: weights in width**" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mgnet", "--symbolic", "share_B"], "`share_B` is no number"),
        (["mgnet", "--symbolic", "widht"], "did you mean `width`"),
        (["mgnet", "mgiad", "--symbolic", "width"], "--symbolic counts one network"),
        (["mgnet", "--symbolic", "width", "--vary", "L=2,3"], "`L` varies, but no formula"),
        (["mgnet", "--symbolic", "width", "--set", "width=2"], "both set and varied"),
        (
            ["mgiad", "--symbolic", "width", "--vary", "width=1,2", "--set", "g_s=7"],
            "groups of 7 do not divide",
        ),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_without_sympy_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sympy'] = None; from mgiad_dsl.cli import main; "
        "sys.exit(main(['count', 'mgnet', '--symbolic', 'width']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "error: formulas need sympy\n  hint: pip install 'mgiad-dsl[formulas]'" in run.stderr
