"""The best within a budget: against counting every candidate, and the command."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

import mgiad_dsl
from mgiad_dsl import SpecError
from mgiad_dsl.base.tables import render
from mgiad_dsl.cli import main
from mgiad_dsl.show.solution import best, tables
from mgiad_dsl.solving.grid import axis

GRID = {"width": "0.5:2:0.3", "c_K": [16, 32, 64], "g_s": "4,8"}


def every_candidate() -> tuple[list[tuple[dict[str, object], int, int]], int]:
    """What the compiler counts at each of them, and how many are none."""
    found, none = [], 0
    for width, c_k, g_s in product(
        [Fraction(5 + 3 * n, 10) for n in range(6)], (16, 32, 64), (4, 8)
    ):
        values: dict[str, object] = {"width": width, "c_K": c_k, "g_s": g_s}
        try:
            counted = mgiad_dsl.count("mgiad", **values)
        except SpecError:
            none += 1
        else:
            found.append((values, counted.weights, counted.macs))
    return found, none


def test_the_best_are_those_of_counting_every_candidate() -> None:
    found, none = every_candidate()
    for budget, by, place in ((400_000, "weights", 1), (600_000, "macs", 2)):
        within = [each for each in found if each[1] <= budget]
        within.sort(key=lambda each: (each[place], each[1], each[2]), reverse=True)
        solution = mgiad_dsl.solve("mgiad", GRID, weights=budget, by=by, top=5)
        best = [(f.values, f.network.count.weights, f.network.count.macs) for f in solution.best]
        assert best == within[:5]
        assert (solution.candidates, solution.within) == (36, len(within))
        assert solution.over == len(found) - len(within)
        assert sum(refusal.number for refusal in solution.refusals) == none > 0


def test_the_widest_fits_and_the_next_one_does_not() -> None:
    solution = mgiad_dsl.solve("mgnet", {"width": "1/2:2:1/64"}, weights=2_000_000, top=1)
    width = solution.best[0].values["width"]
    assert isinstance(width, Fraction)
    step = Fraction(1, 64)
    assert mgiad_dsl.count("mgnet", width=width).weights <= 2_000_000
    assert mgiad_dsl.count("mgnet", width=width + step).weights > 2_000_000


def test_least_is_the_other_end_and_a_number_orders_too() -> None:
    grid = {"width": [1, 2], "classes": "10,100"}
    by = {"by": "classes", "least": True}
    ordered = mgiad_dsl.solve("mgnet", grid, **by).best  # type: ignore[arg-type]
    assert [found.values["classes"] for found in ordered] == [10, 10, 100, 100]
    assert mgiad_dsl.solve("mgnet", grid, least=True, top=1).best[0].values["width"] == 1


def test_words_and_booleans_vary_as_well() -> None:
    solution = mgiad_dsl.solve("mgnet", {"share_B": [True, False], "width": "1,2"}, top=4)
    counts = {(f.values["share_B"], f.values["width"]): f.network.count for f in solution.best}
    for (share, width), counted in counts.items():
        assert counted.weights == mgiad_dsl.count("mgnet", share_B=share, width=width).weights
    assert len(counts) == 4


def test_memory_is_that_of_a_batch() -> None:
    room = mgiad_dsl.memory("mgnet", 64, width=1).training
    solution = mgiad_dsl.solve("mgnet", {"width": "1/2:2:1/2"}, memory=room, batch=64, top=1)
    assert (solution.best[0].values["width"], solution.best[0].memory) == (1, room)
    assert solution.heavy == 2


SPEC = """network net(width = 1)
input image : 3 x 8 x 8
operators { A : image -> 100 * width  conv 3x3 }
output y = A(image)
expect weights 2_700
budget weights <= 8k
budget memory <= 66kB batch 2
"""


def test_budgets_of_the_spec_leave_candidates_out(tmp_path: Path) -> None:
    file = tmp_path / "net.mgspec"
    file.write_text(SPEC)
    solution = mgiad_dsl.solve(file, {"width": "1:4:1"})
    assert [found.values for found in solution.best] == [{"width": 1}]
    assert [(refusal.number, refusal.error.message) for refusal in solution.refusals] == [
        (2, "net has 8,100 weights, 100 over its budget"),
        (1, "net trains in 64.78 KiB with a batch of 2, 336 B over its budget"),
    ]
    assert (
        tables(solution)[1].title == "3 of 4 candidates are no networks, or over the spec's budget"
    )


def test_how_many_need_more_memory_is_said_of_those_alone() -> None:
    solution = mgiad_dsl.solve("mgnet", {"width": "1,2"}, memory=2**20, weights=3_000_000)
    which = "mgnet: 1 of 2 candidates have weights <= 3,000,000"
    assert best(solution).title == f"{which}; 1 of them need more than 1 MiB to train"
    assert render([best(solution)], "latex").count(r"\begin{tabular}{llll}") == 1


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.5:0.8:0.1", [Fraction(1, 2), Fraction(3, 5), Fraction(7, 10), Fraction(4, 5)]),
        ("1:2:2/3", [1, Fraction(5, 3)]),
        ("1,4:6:1,4", [1, 4, 5, 6]),
        ("true,false", [True, False]),
        ("V,W", ["V", "W"]),
        ([Fraction(3, 2), 2], [Fraction(3, 2), 2]),
    ],
)
def test_values_are_exact(text: object, values: list[object]) -> None:
    assert list(axis("width", text).values) == values


@pytest.mark.parametrize("text", ["1:2", "2:1:1", "1:2:0", "1:2:-1", "a:2:1", "1:9:1e-9", "1::2"])
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(SpecError):
        axis("width", text)


def run(*arguments: str) -> int:
    return main(["solve", *arguments])


def test_formats(capsys: pytest.CaptureFixture[str]) -> None:
    command = ("mgiad", "--weights", "1M", "--vary", "width=0.5:1:0.1", "c_K=32,64", "--top", "2")
    assert run(*command, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert run(*command, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [int(row["weights"]) for row in rows] == [best["weights"] for best in facts["best"]]
    assert facts["invalid"] == sum(each["candidates"] for each in facts["refusals"]) > 0
    assert facts["candidates"] == 12
    for form in ("--markdown", "--latex"):
        assert run(*command, form) == 0
        assert "MACs per image" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weights", "1M"], "nothing varies"),
        (["--vary", "width=1,2", "--weights", "many"], "--weights many is no whole number"),
        (["--vary", "width=1,2", "--weights=-3"], "--weights -3 is no whole number above 0"),
        (["--vary", "width=1,2", "--by", "depth"], "nothing is ordered by `depth`"),
        (["--vary", "wdith=1,2"], "did you mean `width`"),
        (["--vary", "width=1,V"], "`width` must be a number, not the word `V`"),
        (["--vary", "width=1,2", "--set", "width=3"], "`width` is both set and varied"),
        (["--vary", "width=1,2", "width=3"], "`width` is varied twice"),
        (["--vary", "width=1,2", "--top", "0"], "the top 0 are none"),
        (["--vary", "width=1,2", "--batch", "3"], "--batch is for --memory"),
        (["--vary", "width=1,2", "--weights", "1k"], "no candidate fits; the smallest has 1,383"),
        (["--vary", "width=1,2", "--memory", "1MiB"], "no candidate fits; 2 need too much memory"),
        (["--vary", "width=1", "--set", "g_s=3"], "no candidate is a network"),
        (["--vary", "width=1:1000:1", "c_K=1:1000:1"], "1,000,000 candidates: more than"),
    ],
)
def test_what_is_wrong_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("mgiad", *arguments) == 1
    assert message in capsys.readouterr().err


def test_torch_is_not_imported() -> None:
    code = (
        "import sys; from mgiad_dsl.cli import main; "
        "main(['solve', 'mgnet', '--vary', 'width=1,2']); "
        "assert 'torch' not in sys.modules and 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
