"""How networks grow with a parameter: the claims of the publications, and the command."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from itertools import pairwise, starmap
from math import log
from pathlib import Path

import pytest

from mgiad_dsl import SpecError, count
from mgiad_dsl.base.tables import as_csv
from mgiad_dsl.cli import main
from mgiad_dsl.cli import vary as command
from mgiad_dsl.compiler import read
from mgiad_dsl.counting.growth import Growth, Point, Variation
from mgiad_dsl.show.variation import growth_table
from tests.reference import mgiad, mgnet

WIDTHS = ["1", "2", "4", "8", "16"]


def vary(spec: str, parameter: str, values: list[str], settings: dict[str, object]) -> Variation:
    return command.vary(*read(spec), parameter, values, settings)


def growths(variation: Variation) -> list[Growth]:
    """From each value to the next."""
    return list(starmap(Growth, pairwise(variation.points)))


def slopes(variation: Variation) -> list[int]:
    return [growth.slope for growth in growths(variation)]


def weights(variation: Variation) -> list[int]:
    return [point.weights for point in variation.points]


def body(point: Point) -> int:
    return point.body


def test_mgiad_grows_linearly_in_width() -> None:
    """Each doubling adds what the last one added twice: an exact straight line."""
    grown = vary("mgiad", "width", WIDTHS, {})
    assert weights(grown) == [mgiad.exact_count(width=int(w)) for w in WIDTHS]
    assert set(slopes(grown)) == {1_683_264}
    exponents = [growth.exponent(body) for growth in growths(grown)]
    assert exponents == sorted(exponents, reverse=True)
    assert exponents[-1] == pytest.approx(1, abs=0.02)


def test_mgnet_grows_quadratically_in_width() -> None:
    grown = vary("mgnet", "width", WIDTHS, {})
    assert weights(grown) == [mgnet.exact_count(width=int(w)) for w in WIDTHS]
    for growth in growths(grown):
        assert growth.exponent(body) == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("spec", ["mgnet", "mgiad"])
def test_both_grow_linearly_in_levels_of_equal_width(spec: str) -> None:
    assert len(set(slopes(vary(spec, "L", ["4", "5", "6", "8"], {})))) == 1


def test_a_row_is_the_count_and_what_it_grew_by() -> None:
    grown = vary("mgnet", "width", ["1", "2", "4"], {"classes": 100})
    rows = list(csv.reader(io.StringIO(as_csv(growth_table(grown)))))
    assert [row[0] for row in rows] == ["width", "1", "2", "4", "overall"]
    weights = [mgnet.exact_count(width=w, classes=100) for w in (1, 2, 4)]
    head = [256 * w * 100 + 100 for w in (1, 2, 4)]
    assert [int(row[1]) for row in rows[1:4]] == weights
    assert [int(row[4]) for row in rows[1:4]] == [w - h for w, h in zip(weights, head, strict=True)]
    assert rows[2][2:4] == [str(weights[1] - weights[0]), f"{log(weights[1] / weights[0], 2):.2f}"]
    assert rows[1][2:4] == ["", ""]
    assert rows[4][3] == f"{log(weights[2] / weights[0], 4):.2f}"


def test_nothing_grows_from_nothing() -> None:
    grown = vary("poisson", "L", ["2", "3"], {})
    (growth,) = growths(grown)
    assert growth.exponent(lambda point: point.weights) is None
    assert growth.exponent(lambda point: point.macs) > 1


@pytest.mark.parametrize(
    ("parameter", "values", "settings", "message"),
    [
        ("width", ["2"], {}, "varied over 2"),
        ("width", ["2", "1"], {}, "varied over 2, 1"),
        ("width", ["1", "1"], {}, "varied over 1, 1"),
        ("width", ["1", "2"], {"width": 3}, "both set and varied"),
        ("share_B", ["false", "true"], {}, "only numbers can be varied"),
        ("widht", ["1", "2"], {}, "no parameter `widht`"),
        ("width", ["wide", "wider"], {}, "must be a number"),
        ("width", ["", ""], {}, "ends too early"),
        ("width", ["2", "wide", "1"], {}, "varied over 2, 1"),
    ],
)
def test_what_cannot_be_varied(parameter, values, settings, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        vary("mgnet", parameter, values, settings)


VARIED = """network v(width = 1, k = 1)
input x : 2 x 4 x 4
operators { A : x -> 2 * width * k  conv 3x3 }
output y = A(x)
"""


@pytest.fixture
def varied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "v.mgspec").write_text(VARIED)
    monkeypatch.chdir(tmp_path)
    return "v.mgspec"


def test_the_row_of_a_wrong_value_says_why(varied: str, capsys) -> None:
    """The others grow from the last that is right."""
    assert main(["count", varied, "--vary", "width=1,1.3,2,wide"]) == 1
    said = capsys.readouterr()
    assert [line.rstrip() for line in said.out.splitlines()] == [
        "v: growth with width",
        "width      weights    per width  exponent      apart from the head  exponent"
        "      MACs per image  exponent    not counted",
        "-------  ---------  -----------  ----------  ---------------------  ----------"
        "  ----------------  ----------  " + "-" * 51,
        "1               36                                              36" + " " * 27 + "576",
        "1.3" + " " * 107 + "the number of channels must be an integer, not 13/5",
        "2               72           36  1.00                           72  1.00"
        "                   1,152  1.00",
        "wide" + " " * 106 + "`width` must be a number, not the word `wide`",
        "overall                      36  1.00                               1.00"
        "                          1.00",
    ]
    assert said.err == (
        "width=1.3: v.mgspec:3:22: error: the number of channels must be an integer, not 13/5\n"
        "width=wide: error: `width` must be a number, not the word `wide`\n"
    )


def test_a_wrong_value_as_json_and_csv(varied: str, capsys) -> None:
    assert main(["count", varied, "--vary", "width=1/2,1.3,2", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "name": "v",
        "parameter": "width",
        "values": ["1/2", "1.3", 2],
        "weights": [18, None, 72],
        "body": [18, None, 72],
        "macs": [288, None, 1152],
        "errors": [None, "the number of channels must be an integer, not 13/5", None],
    }
    assert main(["count", varied, "--vary", "width=1,1.3", "--csv"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        '1.3,,,,,,,,"the number of channels must be an integer, not 13/5"'
    )


def test_each_parameter_has_its_table(varied: str, capsys) -> None:
    both = ["count", varied, "--vary", "width=1,2", "--vary", "k=1,3"]
    assert main(both) == 0
    first, second = capsys.readouterr().out.split("\n\n")
    assert first.startswith("v: growth with width\n")
    assert second.startswith("v: growth with k\n")
    assert main([*both, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(each["parameter"], each["weights"]) for each in facts] == [
        ("width", [36, 72]),
        ("k", [36, 108]),
    ]
    assert main([*both, "--csv"]) == 1
    assert capsys.readouterr().err == (
        "error: --csv is one table\n  hint: one command for each --vary\n"
    )


def test_standard_input_is_read_once(varied: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "mgiad_dsl", "count", "-", "--vary", "width=1,2", "--csv"],
        input=VARIED,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split(",")[1] for line in run.stdout.splitlines()[1:3]] == ["36", "72"]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgiad", "--vary", "width=1,2", "--set", "classes=10"]) == 0
    table = capsys.readouterr().out
    assert table.startswith("mgiad: growth with width\n")
    assert "1,360,714" in table
    assert main(["count", "mgiad", "--vary", "width=1,2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["weights"] == [1_383_844, 3_067_108]
    assert facts["body"] == [1_383_844 - 25_700, 3_067_108 - 51_300]


def test_a_range_is_all_its_values(varied: str, capsys) -> None:
    assert main(["count", varied, "--vary", "k=1:2:1/2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["values"] == [1, "3/2", 2]


def test_several_parameters_and_specs_are_a_grid(capsys) -> None:
    command = ["count", "mgnet", "mgnet:cifar100", "--vary", "width=1,2", "share_B=true,false"]
    assert main([*command, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["network"], row["width"], row["share_B"]) for row in rows] == [
        (name, width, share)
        for name in ("mgnet", "mgnet:cifar100")
        for width in "12"
        for share in ("true", "false")
    ]
    for row in rows:
        settings = {"width": int(row["width"]), "share_B": row["share_B"] == "true"}
        counted = count(row["network"], **settings)
        assert int(row["weights"]) == counted.weights
        assert int(row["apart from the head"]) == counted.body
        assert int(row["MACs per image"]) == counted.macs
    assert main([*command, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [each["weights"] for each in facts["networks"]] == [int(row["weights"]) for row in rows]


def test_a_row_of_a_grid_says_why_it_is_not_counted(varied: str, capsys) -> None:
    assert main(["count", varied, "--vary", "width=1,1.3,1.4", "k=1,2", "--json"]) == 1
    said = capsys.readouterr()
    assert [each["error"] for each in json.loads(said.out)["networks"]] == [
        None,
        None,
        "the number of channels must be an integer, not 13/5",
        "the number of channels must be an integer, not 26/5",
        "the number of channels must be an integer, not 14/5",
        "the number of channels must be an integer, not 28/5",
    ]
    assert "v width=13/10 k=2: v.mgspec:3:22: error: the number of channels" in said.err


def test_a_word_alone_is_a_grid_and_grids_are_one_table(varied: str, capsys) -> None:
    assert main(["count", "mgnet", "--vary", "share_B=true,false", "--csv"]) == 0
    assert [row.split(",")[0] for row in capsys.readouterr().out.splitlines()] == [
        "share_B",
        "true",
        "false",
    ]
    assert main(["count", varied, "--vary", "k=1,2", "width=1,2", "--vary", "k=1,2"]) == 1
    assert "several --vary are several tables" in capsys.readouterr().err
