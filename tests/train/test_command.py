from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.train import (
    add_train_arguments,
    chosen_recipe,
    default_folder,
    default_recipe,
    parse_seeds,
    train,
)
from mgiad_dsl.cli.training import default_workers
from mgiad_dsl.train.run.checkpoint import list_checkpoints
from mgiad_dsl.train.run.folder import load_network, read_run
from mgiad_dsl.train.run.metrics import best_record, read_records
from tests.train.nets import network
from tests.train.small_cycle import SmallCycle


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
        "weights.safetensors",
        "report.md",
        "result.json",
    }
    record, recipe = read_run(out)
    assert (record.data, record.seed, record.task) == ("digits", 0, "classes")
    assert (record.output, recipe.epochs) == ((10,), 1)
    report = (out / "report.md").read_text()
    assert "| weights | 25,098 |" in report
    assert "held-out accuracy" in report
    load_network(out)
    said = capsys.readouterr().out
    assert "epochs=1 batch=64" in said
    assert "epoch   1  loss" in said


def test_the_best_epoch_is_saved_and_named(train_args, capsys) -> None:
    words = ["--with", "epochs=4", "lr=0.5", "ema=null", "keep=best", "--seeds", "0,1"]
    out = train(network(), train_args(*words))
    named = []
    for folder in (out / "seed0", out / "seed1"):
        best = best_record(read_records(folder))
        with safe_open(folder / "best.safetensors", "pt") as file:
            assert file.metadata()["epoch"] == str(best.epoch)
            assert set(file.keys()) == set(load_network(folder).state_dict())
        named.append(f"{best.epoch} ({100 * best.test_accuracy:.2f} %)")
    report = (out / "report.md").read_text()
    assert f"| best epoch | {', '.join(named)}: best.safetensors |" in report
    (out / "seed0" / "best.safetensors").unlink()
    train(network(), train_args(*words, "--resume"))  # from the checkpoint
    assert (out / "seed0" / "best.safetensors").is_file()


def test_the_last_epoch_alone_is_saved_unless_asked(train_args) -> None:
    out = train(network(), train_args())
    assert not (out / "best.safetensors").exists()
    assert "best epoch" not in (out / "report.md").read_text()


FOLDERS = {
    "digits-seed0": [],
    "digits-seed7": ["--seeds", "7"],
    "digits-augment=none-lr=0.1-weight_decay=1e-4-seed0": [
        *["--augment", "none", "--with", "lr=0.1", "weight_decay=1e-4"]
    ],
    "digits": ["--seeds", "0,1"],
    "digits-from=before-seed0": ["--weights", "runs/before"],
    "digits-optimiser=adamw-lr=1e-3-betas=-0.8-0.9-seed0": [
        *["--with", "optimiser=adamw", "lr=1e-3", "betas=[0.8,0.9]"]
    ],
}


@pytest.mark.parametrize(("name", "words"), FOLDERS.items(), ids=FOLDERS.keys())
def test_the_folder_tells_what_was_chosen(name, words) -> None:
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    args = parser.parse_args(["--data", "digits", *words])
    seeds = parse_seeds(args.seeds)
    folder = default_folder("mgnet:A width=1/2", "digits", args, seeds)
    assert str(folder) == f"runs/mgnet-A-width=1-2-digits-{name}"


def test_digits_are_mirrored_only_if_asked(train_args, capsys) -> None:
    for data, recipe in (("mnist", []), ("digits", ["--recipe", "fast"])):
        assert not chosen_recipe(train_args("--data", data, *recipe)).flip
        assert capsys.readouterr().err.startswith("note: no flip")
        assert not chosen_recipe(train_args("--data", data, *recipe, "--augment", "light")).flip
        capsys.readouterr()
        assert chosen_recipe(train_args("--data", data, *recipe, "--with", "flip=true")).flip
        assert not chosen_recipe(train_args("--data", data, "--with", "flip=false")).flip
        assert not capsys.readouterr().err
    assert chosen_recipe(train_args("--data", "fashionmnist")).flip
    assert not capsys.readouterr().err


def test_random_images_of_no_number_are_a_trial(tmp_path, monkeypatch) -> None:
    for data, recipe in {
        "fake": "trial",
        "fake:1x8x8:10": "trial",
        "fake:1x8x8:10:9": "fast",
    }.items():
        assert default_recipe(data) == recipe
    monkeypatch.chdir(tmp_path)
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    out = train(network(), parser.parse_args(["--data", "fake", "--device", "cpu"]))
    assert out == Path("runs/small-fake-trial-seed0")
    assert [record.step for record in read_records(out)] == [8, 16]


def test_training_starts_from_weights_that_fit(train_args, tmp_path, capsys) -> None:
    first = train(network(), train_args())
    trained = load_file(first / "weights.safetensors")
    five = network(lambda: SmallCycle(classes=5), outputs=5)
    words = ["--data", "fake:1x8x8:5:64", "--recipe", "trial", "--with", "lr=0", "momentum=0"]
    words += ["weight_decay=0"]
    for name in (str(first), str(first / "weights.safetensors")):
        out = tmp_path / f"next{len(name)}"
        capsys.readouterr()
        train(five, train_args(*words, "--weights", name, "--out", str(out)))
        said = capsys.readouterr().out
        assert f"{len(trained) - 2} tensors from {name}\n" in said
        assert "  W.weight is (10, 32) and should be (5, 32)\n  W.bias is (10,) and" in said
        made = load_file(out / "weights.safetensors")
        assert torch.equal(made["A.1.weight"], trained["A.1.weight"])  # the rate is 0
        assert f"| started from | {name} |" in (out / "report.md").read_text()
        assert read_run(out)[0].weights_from == name
    train(five, train_args(*words, "--weights", str(first), "--out", str(out), "--resume"))
    with pytest.raises(SpecError, match="its start is not the same"):
        train(five, train_args(*words, "--out", str(out), "--resume"))
    assert read_run(first)[0].weights_from is None


def test_weights_of_which_none_fits(train_args, tmp_path) -> None:
    file = tmp_path / "some.safetensors"
    save_file({"other": torch.ones(3), "W.weight": torch.ones(2, 2)}, file)
    with pytest.raises(SpecError, match=r"no weight in .* fits this network: ") as error:
        train(network(), train_args("--weights", str(file)))
    assert "names are those of the operators" in error.value.hint
    save_file({"norm.start.0.num_batches_tracked": torch.tensor(3)}, file)
    with pytest.raises(SpecError, match="no weight in"):
        train(network(), train_args("--weights", str(file)))
    file.write_bytes(b"damaged")
    with pytest.raises(SpecError, match="is damaged, or holds no weights"):
        train(network(), train_args("--weights", str(file)))
    with pytest.raises(SpecError, match="nowhere cannot be read: No such file"):
        train(network(), train_args("--weights", str(tmp_path / "nowhere")))
    assert not (tmp_path / "run").exists()


def test_seeds_give_mean_and_deviation(train_args, capsys) -> None:
    out = train(network(), train_args("--seeds", "0,1"))
    assert set(json.loads((out / "result.json").read_text())) == {"seed0", "seed1"}
    assert "(2 seeds)" in (out / "report.md").read_text()
    assert "±" in capsys.readouterr().out


def test_a_run_is_not_overwritten_but_resumed(train_args, capsys) -> None:
    out = train(network(), train_args())
    before = (out / "weights.safetensors").read_bytes()
    with pytest.raises(SpecError, match="already holds a run"):
        train(network(), train_args())
    train(network(), train_args("--resume"))
    assert (out / "weights.safetensors").read_bytes() == before
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
        train(network(), train_args("--data", "fake:32:10"))


WRONG = {
    "workers": (["--workers", "-3"], "--workers -3 is not a number of at least 0"),
    "save nan": (["--save-every", "nan"], "--save-every nan is not a number"),
    "save early": (["--save-every", "-1"], "--save-every -1.0 is not"),
    "device": (["--device", "meta"], "--device meta is none that can train"),
    "no device": (["--device", "no:such"], "--device no:such is none"),
    "empty device": (["--device", ""], "is none that can train"),
    "mirror": (["--mirror", "http://x/"], "nothing is downloaded"),
    "large seed": (["--seeds", "99999999999999999999999"], r"from 0 to 2\^63 - 1"),
    "seed": (["--seeds", "-1"], "from 0 to"),
    "seeds": (["--seeds", "1,1"], "names a seed twice"),
    "words": (["--seeds", "0,x"], "not a list of numbers"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG.keys())
def test_arguments_out_of_range(words, message, train_args, tmp_path) -> None:
    with pytest.raises(SpecError, match=message) as error:
        train(network(), train_args(*words))
    assert error.value.hint
    assert not list(tmp_path.iterdir())


def test_seeds_in_range() -> None:
    assert parse_seeds("0,9223372036854775807") == (0, 2**63 - 1)


def test_folders_that_cannot_be_written(train_args, tmp_path) -> None:
    file, closed = tmp_path / "file", tmp_path / "closed"
    file.write_text("mine")
    closed.mkdir(mode=0o500)
    for out in (file, file / "under" / "it"):
        with pytest.raises(SpecError, match=f"{out} cannot be a folder: {file} is a file") as error:
            train(network(), train_args("--out", str(out)))
        assert "--out" in error.value.hint
    if os.geteuid():  # root may write anywhere
        with pytest.raises(SpecError, match=f"no permission for {closed}"):
            train(network(), train_args("--out", str(closed / "run")))
    with pytest.raises(SpecError, match=r"cannot be .*: File name too long"):
        train(network(), train_args("--out", str(tmp_path / ("x" * 300))))
    (tmp_path / "nowhere").symlink_to("missing")
    with pytest.raises(SpecError, match="cannot be made: File exists"):
        train(network(), train_args("--out", str(tmp_path / "nowhere")))
    (tmp_path / "nowhere").unlink()
    assert sorted(tmp_path.iterdir()) == [closed, file]
    assert not list(closed.iterdir())


def test_workers_share_the_cores_of_a_machine(monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(6), raising=False)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert default_workers() == 3
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "8")
    assert default_workers() == 1
    monkeypatch.delenv("LOCAL_WORLD_SIZE")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64))
    assert default_workers() == 16
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_workers() == 1


def test_a_run_is_never_overwritten(train_args) -> None:
    out = train(network(), train_args())
    weights = (out / "weights.safetensors").read_bytes()
    for path in list_checkpoints(out):
        path.unlink()
    with pytest.raises(SpecError, match="already holds a run"):
        train(network(), train_args())
    with pytest.raises(SpecError, match="trained weights, and no checkpoint"):
        train(network(), train_args("--resume"))
    assert (out / "weights.safetensors").read_bytes() == weights


def test_the_report_of_several_seeds_is_not_overwritten(train_args) -> None:
    out = train(network(), train_args("--seeds", "0,1"))
    report = (out / "report.md").read_text()
    for words in (["--seeds", "2,3"], ["--seeds", "0"]):
        with pytest.raises(SpecError, match="already holds a run"):
            train(network(), train_args(*words))
    assert (out / "report.md").read_text() == report
    train(network(), train_args("--seeds", "0,1,2", "--resume"))
    assert "3 seeds" in (out / "report.md").read_text()


def test_what_cannot_be_trained_leaves_no_folder(train_args, tmp_path) -> None:
    with pytest.raises(SpecError, match="more than the 1437 training images"):
        train(network(), train_args("--with", "batch=4000"))
    assert not (tmp_path / "run").exists()


def test_tensorboard_is_an_extra(train_args, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(SpecError, match="TensorBoard is not installed") as error:
        train(network(), train_args("--tensorboard"))
    assert error.value.hint == "pip install tensorboard"


def test_tensorboard_that_cannot_be_written(train_args, tmp_path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "tensorboard").write_text("mine")
    with pytest.raises(SpecError, match="run/tensorboard cannot be written: "):
        train(network(), train_args("--tensorboard"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full disk")
def test_a_log_that_cannot_be_written(tmp_path) -> None:
    words = ["train", "digits", "--data", "digits", "--device", "cpu", "--out", tmp_path / "run"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mgiad_dsl", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"


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
    monkeypatch.setattr("mgiad_dsl.train.loop.epochs.SHOW_EVERY", 0)
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
        "import sys, argparse; from mgiad_dsl.cli.train import add_train_arguments as add; "
        "add(argparse.ArgumentParser()); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
