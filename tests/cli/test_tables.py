"""The options of tables on the command line."""

from __future__ import annotations

import csv
import io

import pytest

from mgiad_dsl import compile_file
from mgiad_dsl.cli import main


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["count", *words, "--quiet"]) == 0
    return capsys.readouterr().out


def test_columns_choose_tables(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "mgnet", "--columns", "weights,level")
    title, header = (line.split() for line in out.splitlines()[:2])
    assert (title, header) == (["by", "level"], ["weights", "level"])
    assert "1,188,874  l=4" in out
    assert "by role" not in out
    both = printed(capsys, "mgnet", "mgnet:A", "--columns", "network, MACs per image")
    assert both.splitlines()[1].split() == ["network", "MACs", "per", "image"]


def test_columns_of_csv(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(
        csv.reader(io.StringIO(printed(capsys, "mgnet", "--csv", "--columns", "group,weights")))
    )
    groups = compile_file("mgnet").count.groups
    assert rows == [["group", "weights"], *([g.name, str(g.weights)] for g in groups)]


def test_caption_and_label(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--latex",
        "--columns",
        "network,weights",
        "--label",
        "tab:w",
        "--caption",
        r"\emph{W}",
    ]
    out = printed(capsys, "mgnet", "mgiad", *words)
    assert out.startswith(
        "\\begin{table}\n\\centering\n\\caption{\\emph{W}}\n\\label{tab:w}\n\\begin{tabular}{lr}\n"
    )
    assert out.count(r"\begin{tabular}") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--columns", "weigths"], "no table has the columns weigths"),
        (["--columns", "weights", "--json"], "--columns are those of tables"),
        (["--caption", "x"], "--caption and --label are those of a LaTeX table"),
        (["--latex", "--label", "x"], "--caption and --label are of one table"),
        (["--latex", "--label", "x}"], "x} is no label of LaTeX"),
        (["--csv", "--columns", "weights"], "--csv is one table"),
        *(
            (["--latex", "--columns", "level", "--caption", caption], "the braces of the caption")
            for caption in ("{", "}{", r"a\\{", "50% of", "a\\", "a\n\nb")
        ),
    ],
)
def test_what_does_not_go_together(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", "mgnet", "--quiet", *words]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith(f"error: {message}")
    assert "hint:" in err or "JSON has everything" in err


@pytest.mark.parametrize("caption", [r"5\% of \{A\}", "", r"$A_{l,k}$ \emph{and {more}}", r"a\\b"])
def test_captions_that_are_right(caption: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--latex", "--columns", "level,weights", "--caption", caption]
    assert f"\\caption{{{caption}}}\n" in printed(capsys, "mgnet", *words)
