"""``-O0`` and ``-O1`` on every command that compiles."""

from __future__ import annotations

import csv
import io
import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
import torch

from mgiad_dsl.cli import main
from mgiad_dsl.cli.main import COMMANDS
from mgiad_dsl.runtime import load

COMPILING: list[list[str]] = [
    ["check", "mgnet"],
    ["count", "mgnet"],
    ["solve", "mgnet", "--vary", "width=1,2"],
    ["compile", "mgnet"],
    ["draw", "mgnet", "-o", "-"],
    ["report", "digits", "-o", "-"],
    ["train", "digits", "--data", "digits"],
]
NAMES = [command.name for command in COMMANDS]
# A step that computes A(u) twice, and a value that nothing needs.
TWICE = """network twice
input image : 3 x 8 x 8
operators { A : image -> image conv 3x3   lost : image -> image conv 1x1 }
start { let unused = lost(image) }
output o = relu(A(image)) - A(image)
"""
CONV_MACS, POINTWISE_MACS = 9 * 9 * 64, 9 * 64  # of A, of lost


@pytest.fixture
def twice(tmp_path: Path) -> str:
    path = tmp_path / "twice.mgspec"
    path.write_text(TWICE)
    return str(path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


# -- every command -----------------------------------------------------------------------------


def test_every_command_that_takes_a_level_is_tried() -> None:
    assert {command[0] for command in COMPILING} == set(filter(takes_level, NAMES))


def takes_level(name: str) -> bool:
    parser = ArgumentParser()
    next(command for command in COMMANDS if command.name == name).add_arguments(parser)
    return "-O" in parser.format_usage()


@pytest.mark.parametrize("command", COMPILING, ids=lambda command: command[0])
@pytest.mark.parametrize("level", ["3", "-1", "s", "00", "1.0", "None"])
def test_a_level_that_is_none_is_wrong_usage(
    command: list[str], level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, f"-O{level}"])
    assert stopped.value.code == 2
    message = f"argument -O: there is no level {level} of optimisation: 0, 1 or 2"
    assert capsys.readouterr().err.endswith(f"mgiad {command[0]}: error: {message}\n")


@pytest.mark.parametrize("command", [name for name in NAMES if not takes_level(name)])
def test_what_does_not_compile_has_no_level(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "-O1", *(["run"] if command in ("eval", "plot", "sweep") else [])])
    assert stopped.value.code == 2
    assert "unrecognized arguments: -O1" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMPILING, ids=lambda command: command[0])
def test_help_says_the_default(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command[0], "--help"])
    default = 0 if command[0] == "draw" else 1  # a picture shows what the spec says
    assert f"default: {default}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("form", [["-O0"], ["-O", "0"], ["-O1", "-O0"]])
def test_the_last_level_counts(form: list[str], twice: str, capsys) -> None:
    assert " -O0 from twice.mgspec" in said(capsys, "compile", twice, *form)


# -- compile -----------------------------------------------------------------------------------


def test_compiled_sources_say_their_level_and_compute_the_same(twice: str, capsys) -> None:
    written, rewritten = (said(capsys, "compile", twice, level) for level in ("-O0", "-O1"))
    assert said(capsys, "compile", twice) == rewritten
    assert (" -O0 from " in written, " -O1 from " in rewritten) == (True, True)
    assert written.count("self.A(image)") == 2
    assert rewritten.count("self.A(image)") == 1
    one, other = load(written), load(rewritten)
    other.load_state_dict(one.state_dict())
    image = torch.randn(2, 3, 8, 8)
    assert torch.equal(one(image), other(image))


def test_the_dumped_graph_is_that_of_the_level(twice: str, capsys) -> None:
    graphs = [
        json.loads(said(capsys, "compile", twice, "--emit", "graph", level))
        for level in ("-O0", "-O1")
    ]
    users = [{name: len(g["users"]) for name, g in graph["groups"].items()} for graph in graphs]
    assert users == [{"A": 2, "lost": 1}, {"A": 1, "lost": 0}]
    assert [len(graph["nodes"]) for graph in graphs] == [6, 4]


@pytest.mark.parametrize("stage", ["ast", "spec"])
def test_earlier_stages_have_no_level(stage: str, twice: str, capsys) -> None:
    one, other = (
        said(capsys, "compile", twice, "--emit", stage, level) for level in ("-O0", "-O1")
    )
    assert one == other


# -- count -------------------------------------------------------------------------------------


def test_counted_work_is_that_of_the_level(twice: str, capsys) -> None:
    facts = [json.loads(said(capsys, "count", twice, "--json", f"-O{level}")) for level in (0, 1)]
    assert [each["macs"] for each in facts] == [2 * CONV_MACS, CONV_MACS]
    assert [each["written"]["macs"] for each in facts] == [2 * CONV_MACS] * 2
    assert [each["activations"] for each in facts] == [4 * 3 * 64, 3 * 3 * 64]
    assert facts[0]["weights"] == facts[1]["weights"] == 9 * 9 + 9
    assert [[g["uses"] for g in each["groups"]] for each in facts] == [[2, 0]] * 2
    assert said(capsys, "count", twice, "--json") == said(capsys, "count", twice, "--json", "-O1")


def test_the_table_says_what_was_saved(twice: str, capsys) -> None:
    assert "as written" in _row(said(capsys, "count", twice, "-O0"), "MACs per image")
    row = _row(said(capsys, "count", twice, "-O1"), "MACs per image")
    assert f"50.0% less than the {2 * CONV_MACS:,} as written" in row


def test_several_networks_are_counted_at_one_level(twice: str, capsys) -> None:
    tables = [said(capsys, "count", twice, "digits", "--csv", f"-O{level}") for level in (0, 1)]
    rows = [list(csv.DictReader(io.StringIO(table))) for table in tables]
    macs = [[int(row["MACs per image"]) for row in each] for each in rows]
    assert all(one > other for one, other in zip(*macs, strict=True))


def test_what_is_varied_is_counted_at_the_level(capsys) -> None:
    vary = ["count", "mgnet", "--vary", "width=1,2", "--json"]
    macs = [json.loads(said(capsys, *vary, f"-O{level}"))["macs"] for level in (0, 1)]
    assert all(1 - after / before > 0.12 for before, after in zip(*macs, strict=True))


def _row(table: str, name: str) -> str:
    return next(line for line in table.splitlines() if line.startswith(name))


# -- draw and check ----------------------------------------------------------------------------


def test_detailed_pictures_show_the_network_of_the_level(twice: str, capsys) -> None:
    pictures = [said(capsys, "draw", twice, "--depth", "ops", "-o", "-", f"-O{n}") for n in (0, 1)]
    assert said(capsys, "draw", twice, "--depth", "ops", "-o", "-") == pictures[0]
    assert pictures[0].count("conv 3x3") > pictures[1].count("conv 3x3") > 0


@pytest.mark.parametrize("spec", ["mgnet", "mgiad", "unet_mg"])
def test_blocks_show_what_the_spec_writes_at_every_level(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures, notes = [], []
    for level in (0, 1, 2):
        assert main(["draw", spec, "-o", "-", f"-O{level}"]) == 0
        out, err = capsys.readouterr()
        pictures.append(out)
        notes.append([line for line in err.splitlines() if line.startswith("note:")])
    assert pictures == [pictures[0]] * 3
    said = "note: blocks show what the spec writes; --depth ops draws what runs at"
    assert notes == [[], [f"{said} -O1"], [f"{said} -O2"]]


def test_check_finds_the_same_at_both_levels(twice: str, capsys) -> None:
    found = []
    for level in ("-O0", "-O1"):
        assert main(["check", twice, "mgnet", level]) == 0
        found.append(capsys.readouterr())
    assert found[0] == found[1]
    assert "warning: dead weights, no path to an output: lost" in found[0].err


# -- train -------------------------------------------------------------------------------------


def test_a_run_keeps_the_network_of_its_level(tmp_path: Path, capsys) -> None:
    run = tmp_path / "run"
    data = ["--data", "fake:1x8x8:10:256", "--with", "epochs=1", "batch=64"]
    train = ["train", "digits", *data, "--out", str(run)]
    assert main([*train, "-O0"]) == 0
    assert " -O0 from digits.mgspec" in (run / "network.py").read_text()
    assert main(["eval", str(run), "--robustness-images", "0"]) == 0
    capsys.readouterr()
    assert main([*train, "-O1", "--resume"]) == 1
    message = capsys.readouterr().err
    assert "belongs to another run: its source is not the same" in message
    assert "-O0 from digits.mgspec" in message
    assert "-O1 from digits.mgspec" in message
