"""Studies that are trained: alone, together, killed, failing, by a sampler."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from optuna.trial import TrialState
from safetensors.torch import load_file

import mgiad_dsl.study.sweep
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.study.ledger import MAX_DEATHS, Ledger
from mgiad_dsl.study.read import read_study
from mgiad_dsl.study.storage import open_trials
from mgiad_dsl.train.run.metrics import read_records
from mgiad_dsl.train.tasks.figures import ACCURACY


def process(path: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mgiad_dsl", "sweep", str(path), "--device", "cpu", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )


def sweep(path: Path, *words: str) -> int:
    return main(["sweep", str(path), "--device", "cpu", "--json", *words])


def ledger(path: Path) -> Ledger:
    study = read_study(str(path))
    return Ledger(*open_trials(study), study.out)


def runs(path: Path) -> list[Path]:
    return sorted(each.parent for each in read_study(str(path)).out.glob("*/run.json"))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "weights.safetensors")


def written(path: Path) -> dict[Path, int]:
    return {each: (each / "weights.safetensors").stat().st_mtime_ns for each in runs(path)}


def equal(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def wait_for(found, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


def test_trials_are_numbered_among_those_of_the_file(write_study, capsys) -> None:
    assert sweep(write_study()) == 0
    assert "tiny width=4 seed 0: 94 weights, 2 of 2" in capsys.readouterr().err
    assert sweep(write_study(vary="width = [2, 3]")) == 0
    said = capsys.readouterr().err
    assert "tiny width=3 seed 0: 73 weights, 2 of 2" in said
    assert "width=2" not in said


def test_a_study_is_trained_once(write_study, capsys) -> None:
    path = write_study(seeds="[0, 1]")
    assert sweep(path) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(r["candidate"], r["weights"], r["seeds"], r["state"]) for r in rows] == [
        ("tiny width=2", 52, 2, "trained 2"),
        ("tiny width=4", 94, 2, "trained 2"),
    ]
    assert [each.name.split("-")[1:2] + each.name.split("-")[-1:] for each in runs(path)] == [
        [width, seed] for width in ("width=2", "width=4") for seed in ("seed0", "seed1")
    ]
    entry = ledger(path).entries()[0]
    last = read_records(read_study(str(path)).out / entry.order.folder)[-1]
    assert entry.outcome is not None
    assert (entry.outcome.figure, entry.outcome.value) == (
        "accuracy",
        last.figure("test", ACCURACY),
    )
    assert entry.outcome.curve[-1].train_loss == last.train_loss
    before = written(path)
    assert sweep(path) == 0
    assert json.loads(capsys.readouterr().out) == rows
    assert written(path) == before
    assert len(ledger(path).trials.get_trials()) == 4
    path.write_text(path.read_text().replace("[0, 1]", "[1]"))
    assert sweep(path) == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["trained 1"] * 2


def test_duplicates_are_trained_once(write_study, capsys) -> None:
    more = '[[family]]\nname = "same"\nspec = "tiny.mgspec:four"\n'
    path = write_study("width = [4]", more=more)
    assert sweep(path) == 0
    one, other = json.loads(capsys.readouterr().out)
    assert len(runs(path)) == 1
    assert one["candidate"] == "same"
    assert one["held out"] == other["held out"] != ""


def test_a_candidate_that_fails_does_not_stop_the_others(write_study, capsys) -> None:
    path = write_study("classes = [5, 10]")
    assert sweep(path) == 1
    shown = capsys.readouterr()
    failed, trained = json.loads(shown.out)
    assert (failed["state"], trained["state"]) == ("failed 1", "trained 1")
    assert "has 1x8x8 images in 10 classes" in shown.err
    entries = ledger(path).entries()
    assert [each.error is not None for each in entries] == [True, False]
    assert "classes=10" in (entries[0].error or "")
    assert sweep(path) == 1  # it is not tried again
    assert len(ledger(path).trials.get_trials()) == 2
    assert "training" not in capsys.readouterr().err
    assert sweep(path, "--retry") == 1
    assert len(ledger(path).trials.get_trials()) == 3


def test_an_error_of_python_is_recorded_too(write_study, capsys, monkeypatch) -> None:
    from mgiad_dsl.study import trial

    def broken(*_):
        raise ZeroDivisionError("an accident")

    monkeypatch.setattr(trial, "run_experiment", broken)
    path = write_study()
    assert sweep(path) == 1
    assert [each.error for each in ledger(path).entries()] == ["ZeroDivisionError: an accident"] * 2
    monkeypatch.undo()
    assert sweep(path, "--retry") == 0


@pytest.mark.slow
def test_a_killed_study_goes_on_from_its_checkpoint(write_study, capsys) -> None:
    killed = write_study(seeds="[0]", changes="epochs = 100")
    running = process(killed)
    out = read_study(str(killed)).out
    wait_for(lambda: any(out.glob("*seed0/step-*.pt")))
    running.send_signal(signal.SIGKILL)
    running.communicate()
    (begun,) = runs(killed)
    assert not (begun / "weights.safetensors").exists()
    done = len(read_records(begun))
    assert 0 < done < 100
    assert sweep(killed) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["state"] for row in rows] == ["trained 1", "trained 1"]
    states = [each.state for each in ledger(killed).trials.get_trials()]
    assert sorted(states) == [TrialState.COMPLETE] * 2 + [TrialState.FAIL]
    whole = write_study(seeds="[0]", changes="epochs = 100", out="whole")
    assert sweep(whole) == 0
    for one, other in zip(runs(killed), runs(whole), strict=True):
        assert equal(one, other)
        assert [r.step for r in read_records(one)] == [r.step for r in read_records(other)]


@pytest.mark.slow
def test_two_processes_share_a_study(write_study) -> None:
    path = write_study("width = [1, 2, 3, 4, 5, 6]", changes="epochs = 40")
    both = [process(path), process(path)]
    ends = [each.communicate(timeout=300) for each in both]
    assert [each.returncode for each in both] == [0, 0], ends
    trained = [error.count("\ntrained ") for _, error in ends]
    assert sum(trained) == 6
    assert min(trained) > 0
    entries = ledger(path).entries()
    assert [each.state for each in entries] == [TrialState.COMPLETE] * 6


@pytest.mark.slow
def test_a_signal_saves_and_stops(write_study) -> None:
    path = write_study(changes="epochs = 1000")
    running = process(path)
    out = read_study(str(path)).out
    wait_for(lambda: any(out.glob("*seed0/step-*.pt")))
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert said.endswith("stopped tiny width=2 seed 0: the same command goes on\n")
    (entry, _) = ledger(path).entries()
    assert (entry.state, entry.error, entry.deaths) == (TrialState.FAIL, None, 0)


def test_one_trial_for_a_job(write_study, capsys) -> None:
    path = write_study(seeds="[0, 1]")
    assert sweep(path, "--dry-run") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["trials"] for row in listed] == ["0 2", "1 3"]
    assert not read_study(str(path)).out.exists()
    assert sweep(path, "--trial", "3") == 0
    (only,) = runs(path)
    assert only.name.startswith("tiny-width=4-")
    assert only.name.endswith("-seed1")
    assert sweep(path, "--trial", only.name) == 0
    assert len(runs(path)) == 1
    assert sweep(path, "--trial", "4") == 1
    assert "there is no trial 4\n  hint: 0 to 3, as" in capsys.readouterr().err
    assert sweep(path) == 0
    assert len(runs(path)) == 4


def test_what_is_over_budget_is_not_trained(write_study, capsys) -> None:
    path = write_study(more="[budget]\nweights = 60")
    assert sweep(path) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1
    assert len(runs(path)) == 1


def test_a_sampler_chooses_and_all_seeds_are_trained(write_study, capsys) -> None:
    path = write_study(
        "width = { from = 1, to = 64, step = 1 }",
        seeds="[5, 6]",
        more='[search]\nsampler = "tpe"\ntrials = 3\n[budget]\nweights = 1000\n',
    )
    assert sweep(path) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 3
    assert all(row["seeds"] == 2 and row["weights"] <= 1000 for row in rows)
    assert len(runs(path)) == 6
    assert sweep(path) == 0
    assert json.loads(capsys.readouterr().out) == rows
    assert sweep(path, "--dry-run") == 1
    assert "tpe chooses candidates while it trains" in capsys.readouterr().err


def test_a_sampler_that_finds_nothing_gives_up(write_study, capsys, monkeypatch) -> None:
    monkeypatch.setattr(mgiad_dsl.study.sweep, "MAX_REFUSED", 3)
    path = write_study(
        "width = { from = 10, to = 64, step = 1 }",
        more='[search]\nsampler = "random"\ntrials = 3\n[budget]\nweights = 9\n',
    )
    assert sweep(path) == 1
    assert "3 choices in a row gave nothing to train" in capsys.readouterr().err


def test_several_objectives(write_study) -> None:
    path = write_study(
        more='[search]\nsampler = "nsgaii"\ntrials = 2\nobjectives = ["figure", "weights"]\n',
    )
    assert sweep(path) == 0
    values = {tuple(each.values) for each in ledger(path).trials.best_trials}
    assert {weights for _, weights in values} <= {52, 94}
    path = write_study(more='[search]\nobjectives = ["figure"]\n')
    assert sweep(path) == 1  # other objectives


def test_a_pruner_ends_what_falls_behind(write_study, capsys) -> None:
    path = write_study(
        "width = [1, 2, 3, 4, 5, 6, 7, 8]",
        changes="epochs = 12",
        more='[search]\npruner = "halving"\n',
    )
    assert sweep(path) == 0
    rows = json.loads(capsys.readouterr().out)
    assert any(row["state"] == "pruned 1" and row["held out"] is None for row in rows)
    assert any(row["state"] == "trained 1" for row in rows)
    pruned = [each for each in ledger(path).entries() if each.state == TrialState.PRUNED]
    assert all(each.outcome and len(each.outcome.curve) < 12 for each in pruned)


def test_a_trial_that_kills_is_given_up(write_study, capsys) -> None:
    path = write_study("width = [4]")
    assert sweep(path, "--trial", "0") == 0
    out = ledger(path)
    order = out.entries()[0].order.with_seed(9)
    for deaths in range(MAX_DEATHS):
        assert order.key not in {e.order.key for e in out.entries() if e.counts}
        out.add([order])
        (entry,) = (e for e in out.entries() if e.order == order)
        assert entry.deaths == deaths
        assert out._claim(entry)
        out.bury()
    path.write_text(path.read_text().replace("seeds = [0]", "seeds = [0, 9]"))
    assert sweep(path) == 0
    (row,) = json.loads(capsys.readouterr().out.partition("\n]\n")[2])
    assert row["state"] == "trained 1, died 1"


def test_the_living_are_not_buried(write_study) -> None:
    path = write_study("width = [4]")
    assert sweep(path) == 0
    here = ledger(path)
    order = here.entries()[0].order.with_seed(9)
    here.add([order])
    (entry,) = (e for e in here.entries() if e.order == order)
    with here.taken(entry) as trial:
        assert trial is not None
        other = ledger(path)
        other.bury()
        other.add([order])
        (same,) = (e for e in other.entries() if e.order == order)
        assert (same.number, same.state) == (entry.number, TrialState.RUNNING)
        with other.taken(entry) as second:
            assert second is None
        other.bury(all_of_them=True)
        (same,) = (e for e in other.entries() if e.order == order)
        assert same.state == TrialState.FAIL
        here.failed(trial, "too late")  # nothing happens
    (same,) = (e for e in here.entries() if e.order == order)
    assert same.error is None


def test_two_processes_that_order_the_same(write_study) -> None:
    path = write_study("width = [4]")
    assert sweep(path) == 0
    here = ledger(path)
    order = here.entries()[0].order.with_seed(9)
    for _ in range(2):  # as if neither had seen the other
        here.trials.enqueue_trial({}, user_attrs={"order": order.model_dump()})
    (entry,) = (e for e in here.entries() if e.order == order)
    assert entry.number == 1


STORAGES = {
    "nothing": ("nothing://x", "the storage cannot be opened: "),
    "driver": ("postgresql+nodriver://u:secret@h/x", "the storage cannot be opened: "),
    "folder": ("sqlite:////nowhere/at/all.db", "the storage cannot be opened: "),
}


@pytest.mark.parametrize(("url", "message"), STORAGES.values(), ids=STORAGES.keys())
def test_a_storage_that_cannot_be_opened(url, message, write_study) -> None:
    path = write_study(more=f'storage = "{url}"')
    with pytest.raises(SpecError, match=message) as error:
        ledger(path)
    assert "secret" not in str(error.value).partition("\n")[0]
    assert f"{path}:8:1" in str(error.value)


def test_an_out_that_cannot_be_written(write_study, capsys, tmp_path) -> None:
    (tmp_path / "runs").write_text("mine")
    assert sweep(write_study()) == 1
    assert "cannot be a folder" in capsys.readouterr().err


def test_sweep_without_optuna(write_study, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert sweep(write_study(), "--dry-run") == 0
    assert sweep(write_study()) == 1
    assert 'pip install "mgiad-dsl[sweep]"' in capsys.readouterr().err
