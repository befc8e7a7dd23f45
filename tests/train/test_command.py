from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mgiad_dsl.source import SpecError
from mgiad_dsl.train.checkpoint import list_checkpoints
from mgiad_dsl.train.command import parse_seeds, train
from mgiad_dsl.train.runs import load_network, read_run
from tests.train.nets import network


def test_train_writes_a_whole_run(train_args, tmp_path, capsys) -> None:
    out = train(network(), train_args())
    assert out == tmp_path / "run"
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "spec.mgspec",
        "network.py",
        "recipe.json",
        "run.json",
        "metrics.jsonl",
        "weights.pt",
        "report.md",
        "result.json",
    }
    record, recipe = read_run(out)
    assert (record.data, record.seed, record.outputs, recipe.epochs) == ("digits", 0, 10, 1)
    report = (out / "report.md").read_text()
    assert "| weights | 25,098 |" in report
    assert "held-out accuracy" in report
    load_network(out)
    said = capsys.readouterr().out
    assert "epochs=1 batch=64" in said
    assert "epoch   1  loss" in said


def test_seeds_give_mean_and_deviation(train_args, capsys) -> None:
    out = train(network(), train_args("--seeds", "0,1"))
    assert set(json.loads((out / "result.json").read_text())) == {"seed0", "seed1"}
    assert "(2 seeds)" in (out / "report.md").read_text()
    assert "±" in capsys.readouterr().out


def test_a_run_is_not_overwritten_but_resumed(train_args, capsys) -> None:
    out = train(network(), train_args())
    before = (out / "weights.pt").read_bytes()
    with pytest.raises(SpecError, match="already holds a run"):
        train(network(), train_args())
    train(network(), train_args("--resume"))
    assert (out / "weights.pt").read_bytes() == before
    with pytest.raises(SpecError, match="its recipe is not the same"):
        train(network(), train_args("lr=0.05", "--resume"))


def test_a_network_that_does_not_fit_the_data(train_args, tmp_path) -> None:
    with pytest.raises(SpecError, match="digits has 1x8x8 images in 10 classes") as error:
        train(network(input_shape=(3, 32, 32), outputs=100), train_args())
    assert error.value.hint == "--set in_channels=1 size=8 classes=10"
    assert not (tmp_path / "run").exists()


def test_wrong_arguments(train_args) -> None:
    with pytest.raises(SpecError, match="no data set 'cifar11'"):
        train(network(), train_args("--data", "cifar11"))
    with pytest.raises(SpecError, match="not of the form fake"):
        train(network(), train_args("--data", "fake:3x32:10"))
    with pytest.raises(SpecError, match="not a list of numbers"):
        parse_seeds("0,x")
    with pytest.raises(SpecError, match="each seed once"):
        parse_seeds("1,1")


def test_a_run_is_never_overwritten(train_args) -> None:
    out = train(network(), train_args())
    weights = (out / "weights.pt").read_bytes()
    for path in list_checkpoints(out):
        path.unlink()
    with pytest.raises(SpecError, match="already holds a run"):
        train(network(), train_args())
    with pytest.raises(SpecError, match="trained weights, and no checkpoint"):
        train(network(), train_args("--resume"))
    assert (out / "weights.pt").read_bytes() == weights


def test_what_cannot_be_trained_leaves_no_folder(train_args, tmp_path) -> None:
    with pytest.raises(SpecError, match="more than the 1437 training images"):
        train(network(), train_args("--with", "batch=4000"))
    assert not (tmp_path / "run").exists()


def test_tensorboard_is_an_extra(train_args, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SpecError, match="TensorBoard is not installed") as error:
        train(network(), train_args("--tensorboard"))
    assert error.value.hint == "pip install tensorboard"


def test_tensorboard_gets_the_numbers(train_args, tmp_path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    train(network(), train_args("--tensorboard"))
    events = accumulator.EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert {"train_loss", "test_accuracy", "lr"} <= set(events.Tags()["scalars"])
    record = json.loads((tmp_path / "run" / "metrics.jsonl").read_text())
    (loss,) = events.Scalars("train_loss")
    assert loss.step == 22
    assert loss.value == pytest.approx(record["train_loss"])


def test_the_bar_of_a_terminal(train_args, monkeypatch, capsys) -> None:
    monkeypatch.setattr("mgiad_dsl.train.loop.SHOW_EVERY", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    train(network(), train_args())
    said = capsys.readouterr().err
    assert "epoch 1/1" in said
    assert "images/s" in said
    assert "held out" in said


def test_the_arguments_do_not_import_torch() -> None:
    code = (
        "import sys, argparse; from mgiad_dsl.train.command import add_train_arguments as add; "
        "add(argparse.ArgumentParser()); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
