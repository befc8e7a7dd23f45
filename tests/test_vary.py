"""How networks grow with a parameter: the claims of the publications, and the command."""

from __future__ import annotations

import csv
import io
import json
from math import log

import pytest

from mgiad_dsl import SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.counting.growth import Variation, growth, vary
from mgiad_dsl.show.tables import as_csv
from tests.reference import mgiad, mgnet

WIDTHS = ["1", "2", "4", "8", "16"]


def slopes(variation: Variation) -> list[int | None]:
    return [variation.slope(at, at + 1) for at in range(len(variation.values) - 1)]


def test_mgiad_grows_linearly_in_width() -> None:
    """Each doubling adds what the last one added twice: an exact straight line."""
    grown = vary("mgiad", "width", WIDTHS, {})
    assert grown.counts["weights"] == tuple(mgiad.exact_count(width=int(w)) for w in WIDTHS)
    assert set(slopes(grown)) == {1_683_264}
    exponents = [grown.exponent("body", at, at + 1) for at in range(4)]
    assert exponents == sorted(exponents, reverse=True)
    assert exponents[-1] == pytest.approx(1, abs=0.02)


def test_mgnet_grows_quadratically_in_width() -> None:
    grown = vary("mgnet", "width", WIDTHS, {})
    assert grown.counts["weights"] == tuple(mgnet.exact_count(width=int(w)) for w in WIDTHS)
    for at in range(4):
        assert grown.exponent("body", at, at + 1) == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("spec", ["mgnet", "mgiad"])
def test_both_grow_linearly_in_levels_of_equal_width(spec: str) -> None:
    assert len(set(slopes(vary(spec, "L", ["4", "5", "6", "8"], {})))) == 1


def test_a_row_is_the_count_and_what_it_grew_by() -> None:
    grown = vary("mgnet", "width", ["1", "2", "4"], {"classes": 100})
    rows = list(csv.reader(io.StringIO(as_csv(growth(grown)))))
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
    assert grown.exponent("weights", 0, 1) is None
    assert grown.exponent("macs", 0, 1) > 1


@pytest.mark.parametrize(
    ("parameter", "values", "settings", "message"),
    [
        ("width", ["2"], {}, "varied over 2"),
        ("width", ["2", "1"], {}, "varied over 2, 1"),
        ("width", ["1", "1"], {}, "varied over 1, 1"),
        ("width", ["1", "2"], {"width": 3}, "both set and varied"),
        ("share_B", ["false", "true"], {}, "only numbers can be varied"),
        ("widht", ["1", "2"], {}, "no parameter `widht`"),
        ("width", ["1", "wide"], {}, "must be a number"),
        ("width", ["1", ""], {}, "ends too early"),
    ],
)
def test_what_cannot_be_varied(parameter, values, settings, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        vary("mgnet", parameter, values, settings)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "mgiad", "--vary", "width=1,2", "--set", "classes=10"]) == 0
    table = capsys.readouterr().out
    assert table.startswith("mgiad: growth with width\n")
    assert "1,360,714" in table
    assert main(["count", "mgiad", "--vary", "width=1,2", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["weights"] == [1_383_844, 3_067_108]
    assert facts["body"] == [1_383_844 - 25_700, 3_067_108 - 51_300]
    assert main(["count", "mgiad", "mgnet", "--vary", "width=1,2"]) == 1
    assert "--vary counts one network" in capsys.readouterr().err
