from __future__ import annotations

import argparse
import csv
import json
import sys

import pytest
import torch
from torch import nn

from mgiad_dsl.source import SpecError
from mgiad_dsl.train import evaluate
from mgiad_dsl.train.command import add_eval_arguments, evaluate_run, train
from mgiad_dsl.train.robustness import Normalised, attacked, corrupted, corruptions
from tests.train.nets import network


def eval_args(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_eval_arguments(parser)
    return parser.parse_args(["--device", "cpu", *words])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Digits trained for a few epochs."""
    from mgiad_dsl.train.command import add_train_arguments

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
    assert found["robustness_images"] == 100
    assert all(len(values) == 5 for values in found["corrupted"].values())
    assert found["attacked"]["FGSM"][0] >= found["attacked"]["FGSM"][2]
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
    with pytest.raises(SpecError, match=r"has no weights\.pt"):
        evaluate_run(eval_args(str(tmp_path)))
    (tmp_path / "weights.pt").write_bytes(b"x")
    with pytest.raises(SpecError, match="is damaged") as error:
        evaluate_run(eval_args(str(tmp_path)))
    assert "--resume" in error.value.hint


@pytest.mark.parametrize("size", [8, 64])
def test_corruptions_grow_and_stay_in_range(size) -> None:
    pixels = torch.rand(20, 3, size, size, generator=torch.Generator().manual_seed(0))
    for change, severities in corruptions(size).values():
        assert len(severities) == 5
        distances = []
        for severity in severities:
            ((changed, _),) = corrupted([(pixels, torch.zeros(20))], change, severity)
            assert changed.min() >= 0
            assert changed.max() <= 1
            distances.append((changed - pixels).norm().item())
        assert distances == sorted(distances)


def test_attacks_stay_near_and_do_harm() -> None:
    torch.manual_seed(0)
    pixels = torch.rand(64, 1, 4, 4)
    model = Normalised(nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), [0.5], [0.25])
    labels = model(pixels).argmax(dim=1)
    batches = [(pixels, labels)]
    assert evaluate(model, batches).accuracy == 1
    losses = []
    for steps in (1, 10):
        ((changed, _),) = attacked(model, batches, 0.1, steps)
        assert (changed - pixels).abs().max() <= 0.1 + 1e-6
        assert changed.min() >= 0
        assert changed.max() <= 1
        scores = evaluate(model, attacked(model, batches, 0.1, steps))
        assert scores.accuracy < 0.9
        losses.append(scores.loss)
    assert losses[1] >= losses[0] - 1e-3  # of a linear model, FGSM is the strongest attack
