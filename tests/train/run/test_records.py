"""The JSON files of a run: what is written comes back, damage is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train import Recipe
from mgiad_dsl.train.run.folder import read_run, write_run
from mgiad_dsl.train.run.metrics import (
    add_record,
    best_record,
    keep_records,
    last_record,
    read_records,
)
from mgiad_dsl.train.run.records import RunRecord
from tests.train.nets import epoch, network

RUN = RunRecord(
    network="small",
    settings={"width": "1/2", "levels": [1, 2]},
    task="classes",
    inputs={"image": (1, 8, 8)},
    output=(10,),
    weights=100,
    macs=1000,
    data="digits",
    mean=(0.1,),
    std=(0.3,),
    seed=0,
    hardware="a CPU",
    precision="fp32",
    deterministic=False,
    versions={"python": "3"},
)


@pytest.fixture
def run(tmp_path) -> Path:
    write_run(tmp_path, network(), RUN, Recipe(epochs=3))
    return tmp_path


def test_a_run_comes_back(run) -> None:
    assert read_run(run) == (RUN, Recipe(epochs=3))


DAMAGE = {
    "cut": ("run.json", lambda text: text[:-10], "Invalid JSON"),
    "not text": ("run.json", lambda text: "\ud800", "Invalid JSON"),
    "no object": ("run.json", lambda text: "[1]", "object"),
    "a field less": ("run.json", lambda text: text.replace("output", "answer"), "output: Field"),
    "another type": ("run.json", lambda text: text.replace('"small"', "3"), "network: .* string"),
    "shape": ("run.json", lambda text: text.replace("8,", '"x",'), "inputs.image.1: "),
    "recipe": ("recipe.json", lambda text: text.replace("3,", "-3,"), "epochs: .* greater"),
}


@pytest.mark.parametrize(("name", "change", "said"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_named(name, change, said, run) -> None:
    text = (run / name).read_text()
    (run / name).write_text(change(text), errors="surrogatepass")
    with pytest.raises(SpecError, match=rf"{name} is damaged: .*{said}"):
        read_run(run)


def test_what_is_no_folder_of_a_run(run, tmp_path) -> None:
    for path in (run / "run.json", run / "nowhere"):
        with pytest.raises(SpecError, match="is not the folder of a run") as error:
            read_run(path)
        assert error.value.hint == "mgiad train makes one"
    (run / "recipe.json").unlink()
    with pytest.raises(SpecError, match=r"recipe\.json cannot be read: No such file"):
        read_run(run)


def test_epochs_come_back_and_those_after_a_checkpoint_are_dropped(tmp_path) -> None:
    written = [epoch(1), epoch(2, test_loss=0.25), epoch(3)]
    assert read_records(tmp_path) == []
    for record in written:
        add_record(tmp_path, record)
    assert read_records(tmp_path) == written
    keep_records(tmp_path, steps=20)
    assert read_records(tmp_path) == written[:2]
    assert last_record(tmp_path) == written[1]


def test_the_best_epoch_is_the_first_of_equals() -> None:
    accuracies = {1: 0.5, 2: 0.7, 3: 0.7, 4: None}
    records = [epoch(n).model_copy(update={"test_accuracy": a}) for n, a in accuracies.items()]
    assert best_record(records) == records[1]
    none_right = epoch(1).model_copy(update={"test_accuracy": 0.0})
    assert best_record([none_right, epoch(2)]) == none_right


def test_every_line_has_all_fields(tmp_path) -> None:
    add_record(tmp_path, epoch(1, test_loss=float("inf")))
    line = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert line["test_loss"] is None  # JSON has no infinity
    assert line["memory"] is None
    assert line["test_accuracy"] == 0.5


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path) -> None:
    for number in (1, 2):
        add_record(tmp_path, epoch(number))
    whole = (tmp_path / "metrics.jsonl").read_bytes()
    for end in (whole[:-1], whole[:-2], whole[:-30], whole + b"{", whole + bytes(20)):
        (tmp_path / "metrics.jsonl").write_bytes(end)
        kept = 1 if len(end) < len(whole) - 1 else 2
        assert read_records(tmp_path) == [epoch(n + 1) for n in range(kept)]


@pytest.mark.parametrize("line", [b"{}", b"3", b'"epoch"', b"", b"\xff"])
def test_other_damage_to_metrics_is_named(line, tmp_path) -> None:
    add_record(tmp_path, epoch(1))
    with open(tmp_path / "metrics.jsonl", "ab") as file:
        file.write(line + b"\n")
    with pytest.raises(SpecError, match=r"metrics\.jsonl is damaged in line 2: ") as error:
        read_records(tmp_path)
    assert "remove the line" in error.value.hint


def test_metrics_that_cannot_be_read(tmp_path) -> None:
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(SpecError, match=r"metrics\.jsonl cannot be read: Is a directory"):
        read_records(tmp_path)


def test_a_report_needs_the_last_epoch(tmp_path) -> None:
    for records in ([], [epoch(1)]):
        for record in records:
            add_record(tmp_path, record)
        with pytest.raises(SpecError, match="does not hold the last epoch") as error:
            last_record(tmp_path)
        assert error.value.hint == f"the weights are there: mgiad eval {tmp_path}"
