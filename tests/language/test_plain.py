"""Values of a spec become JSON in one way, wherever they are written."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from mgiad_dsl import compile_file, compile_source
from mgiad_dsl.base.source import Source
from mgiad_dsl.language.plain import plain
from mgiad_dsl.show.dump import dump
from mgiad_dsl.show.facts import network_facts
from mgiad_dsl.train.network import trainable

TEXT = """network n(width = 1/4, k = 8, deep = true, act = relu)
input x : 1 x 8 x 8
operators { A : x -> k  conv 3x3   W : k -> k * width  linear }
output y = W(avgpool(act(A(x))))
published weights 0.5 "here"
"""
PARAMETERS = {"width": "1/4", "k": 8, "deep": True, "act": "relu"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Fraction(1, 4), "1/4"),
        (Fraction(-7, 3), "-7/3"),
        (Fraction(6, 2), 3),
        (2**70, 2**70),
        (True, True),
        ("relu", "relu"),
        ((1, Fraction(1, 2), (False,)), [1, "1/2", [False]]),
    ],
)
def test_plain(value: object, expected: object) -> None:
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
    assert json.loads(json.dumps(plain(value))) == expected


def test_everywhere_the_same() -> None:
    compiled = compile_source(Source("n.mgspec", TEXT))
    facts = network_facts(compiled)
    assert facts["parameters"] == PARAMETERS
    assert facts["published"][0]["value"] == "1/2"  # type: ignore[index]
    spec = json.loads(dump(compiled, "spec"))
    assert {p["name"]: p["value"] for p in spec["parameters"]} == PARAMETERS
    assert {p["name"]: p["default"] for p in spec["parameters"]} == PARAMETERS
    (claim,) = json.loads(dump(compiled, "ast"))["published"]
    assert (claim["number"]["value"], claim["number"]["unit"]) == ("1/2", "1/10")
    assert trainable(compiled).settings == PARAMETERS


def test_what_is_written_can_be_set_again(tmp_path: Path) -> None:
    path = tmp_path / "n.mgspec"
    path.write_text(TEXT)
    settings = network_facts(compile_file(path, width="0.5"))["parameters"]
    again = compile_file(path, **settings)  # type: ignore[arg-type]
    assert again.spec.values["width"] == Fraction(1, 2)
