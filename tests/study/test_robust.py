"""Accuracies of corrupted and attacked images for every trial of a study."""

from __future__ import annotations

import json
import shutil
import statistics

import pytest

from mgiad_dsl.cli import main
from mgiad_dsl.study.read import read_study

MORE = "robustness = 16\n"


def sweep(path) -> int:
    return main(["sweep", str(path), "--device", "cpu", "--json"])


def runs(path):
    return sorted(each.parent for each in read_study(str(path)).out.glob("*/run.json"))


def mean(rows) -> str:
    return f"{100 * statistics.mean(share for row in rows.values() for share in row):.2f}"


def test_every_trial_is_corrupted_and_attacked_once(write_study, capsys) -> None:
    path = write_study(seeds="[0, 1]")
    assert sweep(path) == 0
    shown = capsys.readouterr()
    assert "examined" not in shown.err
    assert "corrupted %" not in json.loads(shown.out)[0]

    path = write_study(seeds="[0, 1]", more=MORE)  # asked for after the training
    assert sweep(path) == 0
    shown = capsys.readouterr()
    rows = json.loads(shown.out)
    assert ("training" in shown.err, shown.err.count("examined")) == (False, 4)
    for row, pair in zip(rows, (runs(path)[:2], runs(path)[2:]), strict=True):
        found = [json.loads((run / "eval.json").read_text()) for run in pair]
        assert [each["robustness_images"] for each in found] == [12, 12]  # there are no more
        for column, key in (("corrupted %", "corrupted"), ("attacked %", "attacked")):
            shares = [float(mean(each[key])) for each in found]
            assert float(row[column]) == pytest.approx(statistics.mean(shares), abs=0.02)

    assert sweep(path) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == rows
    assert "examined" not in shown.err

    path.write_text(path.read_text().replace("robustness = 16", "robustness = 8"))
    shutil.rmtree(runs(path)[0])
    assert sweep(path) == 0
    said = capsys.readouterr().err
    assert said.count("not examined") == said.count("its run is not here") == 1
    assert said.count("examined") == 4


def test_its_figures(write_study, capsys, tmp_path) -> None:
    path = write_study(more=MORE)
    assert sweep(path) == 0
    assert main(["plot", str(path), "-o", str(tmp_path / "f"), "--formats", "pdf"]) == 0
    names = {each.name for each in (tmp_path / "f").iterdir()}
    assert {"accuracy_corruptions_weights.pdf", "accuracy_attacks_weights.pdf"} < names
    assert "corrupted_deviation" in (tmp_path / "f" / "results.csv").read_text()


STUDY = """data = "{data}"
recipe = "darcy"
with = {{ epochs = 1 }}
robustness = 8
out = "{out}"
[[family]]
name = "d"
spec = "darcy"
set = {{ width = 2, L = 2, size = 8 }}
"""


def test_what_is_no_data_of_images(tmp_path, capsys) -> None:
    path, out = tmp_path / "study.toml", tmp_path / "runs"
    path.write_text(STUDY.format(data="darcy:8,n=16", out=out))
    assert sweep(path) == 1
    said = capsys.readouterr().err
    assert "study.toml:1:1: error: `robustness` is for data of images with a class each" in said
    assert not out.exists()


def test_what_is_no_classifier_of_images(tmp_path, capsys) -> None:
    path, out = tmp_path / "study.toml", tmp_path / "runs"
    path.write_text(STUDY.format(data="fake", out=out))
    assert sweep(path) == 1
    assert "corruptions and attacks are for images with a class each" in capsys.readouterr().err
    assert len(runs(path)) == 1
