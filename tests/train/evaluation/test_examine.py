from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from pathlib import Path

import pytest
import torch
from torchvision import datasets

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.cli.eval import add_eval_arguments, evaluate_run
from mgiad_dsl.cli.train import add_train_arguments, train
from mgiad_dsl.train import evaluate
from mgiad_dsl.train.data.stream import Decoded
from mgiad_dsl.train.evaluation import examine
from mgiad_dsl.train.evaluation.examine import Examination
from mgiad_dsl.train.evaluation.findings import write_examination
from mgiad_dsl.train.run.folder import load_network, read_run
from mgiad_dsl.train.run.metrics import best_record, read_records
from mgiad_dsl.train.run.weights import packed
from mgiad_dsl.train.tasks.classes import ClassScores
from tests.train.formats import write_cifar, write_folder
from tests.train.nets import network


def eval_args(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_eval_arguments(parser)
    return parser.parse_args(["--device", "cpu", *words])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Digits trained for a few epochs."""
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    out = tmp_path_factory.mktemp("eval") / "run"
    words = ["--data", "digits", "--device", "cpu", "--out", str(out), "--with", "epochs=4"]
    return train(network(), parser.parse_args(words))


def test_eval_writes_what_it_prints(run, capsys) -> None:
    evaluate_run(eval_args(str(run), "--robustness-images", "100"))
    said = capsys.readouterr().out
    assert said.strip() == (run / "eval.md").read_text().strip()
    found = json.loads((run / "eval.json").read_text())
    trained = json.loads((run / "result.json").read_text())["run"]
    assert found["accuracy"] == pytest.approx(trained["test_accuracy"], abs=0.003)
    assert len(found["classes"]) == 10
    assert sum(row["images"] for row in found["classes"]) == 360
    assert found["robustness_images"] == 100
    assert all(len(values) == 5 for values in found["corrupted"].values())
    fgsm = found["attacked"]["FGSM"]
    assert found["robustness_clean"] >= fgsm[0] >= fgsm[2]
    clean = f"{100 * found['robustness_clean']:.2f} %"
    assert "on 100 images spread evenly over the held-out ones; accuracy on these" in said
    assert f"as they are: {clean}" in said
    rows = list(csv.reader((run / "eval-confusion.csv").read_text().splitlines()))
    assert sum(int(count) for row in rows[1:] for count in row[1:]) == 360


def test_eval_without_robustness_and_without_matplotlib(run, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    evaluate_run(eval_args(str(run), "--robustness-images", "0"))
    said = capsys.readouterr().out
    assert "Robustness" not in said
    assert "confusion.png" not in said


def test_eval_on_other_data(run) -> None:
    evaluate_run(eval_args(str(run), "--data", "fake:1x8x8:10:50", "--robustness-images", "0"))
    assert (run / "eval-fake-1x8x8-10-50.md").exists()
    with pytest.raises(SpecError, match="the network takes 1x8x8"):
        evaluate_run(eval_args(str(run), "--data", "fake:3x8x8:10:50"))


def test_eval_with_other_weights(run, tmp_path, capsys) -> None:
    """Those of a file, or of another run of the same network."""
    whole = load_network(run).state_dict()
    zeros = {name: torch.zeros_like(value) for name, value in whole.items()}
    file = tmp_path / "nothing.safetensors"
    file.write_bytes(packed(zeros))
    own = (run / "eval.md").read_bytes()
    few = ["--robustness-images", "0"]
    evaluate_run(eval_args(str(run), *few, "--weights", str(file)))
    assert f"# Evaluation of run with the weights of {file}" in capsys.readouterr().out
    found = json.loads((run / "eval-nothing.json").read_text())
    assert found["accuracy"] == pytest.approx(0.1, abs=0.01)  # one class for all of them
    assert (run / "eval.md").read_bytes() == own
    evaluate_run(eval_args(str(run), *few, "--weights", str(run), "--data", "fake"))
    assert (run / "eval-run-fake.json").exists()
    file.write_bytes(packed({**zeros, "more": torch.zeros(1)}))
    with pytest.raises(
        SpecError, match=r"nothing\.safetensors is not of this network: more is none"
    ) as error:
        evaluate_run(eval_args(str(run), "--weights", str(file)))
    assert error.value.hint == f"--weights takes those of the network in {run}"
    with pytest.raises(SpecError, match=r"none\.safetensors cannot be read"):
        evaluate_run(eval_args(str(run), "--weights", str(tmp_path / "none.safetensors")))


def test_eval_of_the_best_epoch(tmp_path) -> None:
    """Its figures are those of that epoch."""
    run = tmp_path / "run"
    words = ["--with", "epochs=4", "keep=best", "lr=0.2", "schedule=constant", "ema=null"]
    command = ["train", "digits", "--data", "digits", "--device", "cpu", "--out", str(run)]
    assert main([*command, "--set", "width=1/4", *words]) == 0
    best = best_record(read_records(run))
    assert best is not None
    file = str(run / "best.safetensors")
    evaluate_run(eval_args(str(run), "--weights", file, "--robustness-images", "0"))
    found = json.loads((run / "eval-best.json").read_text())
    assert found["accuracy"] == pytest.approx(best.test_accuracy, abs=1e-9)
    assert found["loss"] == pytest.approx(best.test_loss, rel=1e-4)


@pytest.mark.parametrize("words", [["--robustness-images", "-5"], ["--device", "meta"]])
def test_eval_with_wrong_arguments(run, words) -> None:
    with pytest.raises(SpecError, match=" ".join(words)) as error:
        evaluate_run(eval_args(str(run), *words))
    assert error.value.hint


def test_eval_of_what_is_no_finished_run(run, tmp_path) -> None:
    with pytest.raises(SpecError, match="is not the folder of a run"):
        evaluate_run(eval_args(str(tmp_path)))
    with pytest.raises(SpecError, match="is not the folder of a run") as error:
        evaluate_run(eval_args(str(run.parent)))
    assert error.value.hint == "one of its runs: run"
    for name in ("run.json", "recipe.json", "network.py"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    with pytest.raises(SpecError, match=r"has no weights\.safetensors"):
        evaluate_run(eval_args(str(tmp_path)))
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(SpecError, match="is damaged") as error:
        evaluate_run(eval_args(str(tmp_path)))
    assert "--resume" in error.value.hint


def test_results_that_could_not_be_written(run, monkeypatch) -> None:
    """Refused before anything is computed."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SpecError, match=f"{run} cannot be written") as error:
        evaluate_run(eval_args(str(run)))
    assert error.value.hint == "the results are written into the run: copy it"


def test_the_batch_changes_nothing_but_the_memory(run) -> None:
    found = []
    for words in ([], ["--batch", "37"]):
        evaluate_run(eval_args(str(run), "--robustness-images", "50", *words))
        found.append(json.loads((run / "eval.json").read_text()))
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-6)
    assert found[0]["corrupted"] == found[1]["corrupted"]
    with pytest.raises(SpecError, match="--batch 0 is not a number of at least 1"):
        evaluate_run(eval_args(str(run), "--batch", "0"))


@pytest.mark.parametrize(
    ("error", "words", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), [], "--batch 180"),  # of 360 images
        (torch.OutOfMemoryError("CUDA out of memory"), ["--batch", "64"], "--batch 32"),
        (RuntimeError("can't allocate memory: you tried"), ["--batch", "64"], "--batch 32"),
        (torch.OutOfMemoryError("CUDA out of memory"), ["--batch", "1"], "another --device"),
    ],
)
def test_out_of_memory_says_which_batch_to_try(run, monkeypatch, error, words, said) -> None:
    def greedy(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(examine, "evaluate", greedy)
    with pytest.raises(SpecError, match="out of memory with") as raised:
        evaluate_run(eval_args(str(run), *words))
    assert raised.value.hint.startswith(f"{said}, or fewer --robustness-images")


def test_other_errors_are_not_taken_for_memory(run, monkeypatch) -> None:
    def broken(*_args, **_kwargs):
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(examine, "evaluate", broken)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        evaluate_run(eval_args(str(run)))


def test_eval_runs_in_one_process(run, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SpecError, match="runs in one process"):
        evaluate_run(eval_args(str(run)))


def test_eval_computes_as_the_recipe_says(run, monkeypatch) -> None:
    tf32, seen = read_run(run)[1].tf32, set()

    def noting(*arguments, **options):
        cudnn = torch.backends.cudnn
        seen.add((cudnn.allow_tf32, torch.get_float32_matmul_precision()))
        return evaluate(*arguments, **options)

    monkeypatch.setattr("mgiad_dsl.train.evaluation.examine.evaluate", noting)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", not tf32)
    evaluate_run(eval_args(str(run), "--robustness-images", "0"))
    assert seen == {(tf32, "high" if tf32 else "highest")}


def test_classes_of_one_name_and_classes_without_images(tmp_path) -> None:
    """ImageNet has two cranes; a class of a folder may be empty."""
    confusion = torch.tensor([[3, 1, 0], [0, 2, 0], [0, 0, 0]])
    found = Examination(("crane", "crane", "maillot"), ClassScores(0.5, confusion), None)
    text = write_examination(tmp_path, found)
    assert json.loads((tmp_path / "eval.json").read_text())["classes"] == [
        {"class": "crane", "accuracy": 0.75, "images": 4},
        {"class": "crane", "accuracy": 1.0, "images": 2},
        {"class": "maillot", "accuracy": None, "images": 0},
    ]
    for row in ("| crane | 75.00 % | 4 |", "| crane | 100.00 % | 2 |", "| maillot | – | 0 |"):
        assert row in text


def trained(out: Path, data: str, classes: int, *changes: str) -> Path:
    """A small network for photographs, compiled, trained for an epoch; the folder of the run."""
    settings = ["--set", "width=0.25", "in_channels=3", "size=32", f"classes={classes}"]
    words = ["--data", data, "--device", "cpu", "--workers", "0", "--out", str(out)]
    assert main(["train", "digits", *settings, *words, "--with", "epochs=1", *changes]) == 0
    return out


def test_cifar_in_its_real_format(tmp_path, monkeypatch) -> None:
    write_cifar(tmp_path / "data", datasets.CIFAR10, monkeypatch)
    monkeypatch.setenv("MGIAD_DATA", str(tmp_path / "data"))
    run = trained(tmp_path / "run", "cifar10", 10, "batch=20", "warmup=0", "compile=false")
    evaluate_run(eval_args(str(run), "--robustness-images", "7", "--batch", "4"))
    found = json.loads((run / "eval.json").read_text())
    assert [row["class"] for row in found["classes"]] == [f"class {i}" for i in range(10)]
    assert [row["images"] for row in found["classes"]] == [4] * 10
    assert found["robustness_images"] == 7
    assert {len(values) for values in found["corrupted"].values()} == {5}
    assert {len(values) for values in found["attacked"].values()} == {3}


def test_the_few_photographs_are_of_all_classes_and_read_once(tmp_path, monkeypatch) -> None:
    write_folder(tmp_path / "photos")
    data = f"imagefolder:{tmp_path / 'photos'}"
    run = trained(tmp_path / "run", data, 2, "batch=4", "warmup=0", "compile=false")
    read, get = [], Decoded.__getitem__
    monkeypatch.setattr(Decoded, "__getitem__", lambda self, at: read.append(at) or get(self, at))
    seen = []

    def spy(model, batches, **options):
        scores = evaluate(model, batches, **options)
        seen.append(scores.confusion.sum(dim=1).tolist())
        return scores

    monkeypatch.setattr(examine, "evaluate", spy)
    evaluate_run(eval_args(str(run), "--robustness-images", "4", "--workers", "0"))
    assert len(read) == 12 + 4
    assert seen == [[6, 6]] + [[2, 2]] * (1 + 4 * 5 + 2 * 3)
