"""A run killed at any moment and resumed ends as if it had never stopped."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest
import torch
from torch import nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.run.checkpoint import list_checkpoints, read_checkpoint
from mgiad_dsl.train.run.listeners import Quiet
from mgiad_dsl.train.run.metrics import read_records
from tests.train.loop import child
from tests.train.loop.test_fit import loader
from tests.train.nets import Plain, SmallCycle


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run that was never interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    assert child.run(folder) == 0
    return folder


def assert_same(folder: Path, whole: Path) -> None:
    for ours, theirs in zip(
        torch.load(folder / "final.pt"), torch.load(whole / "final.pt"), strict=True
    ):
        assert ours.keys() == theirs.keys()
        for name in ours:
            assert torch.equal(ours[name], theirs[name]), name
    assert records(folder) == records(whole)


def records(folder: Path) -> list[dict]:
    """What was recorded, but for what depends on the clock."""
    clock = {"seconds", "images_per_second"}
    return [record.model_dump(exclude=clock) for record in read_records(folder)]


MOMENTS = [
    "step:1",  # before any checkpoint
    "step:4",  # in the middle of an epoch
    "step:6",  # at the end of one, before it is evaluated
    "step:17",
    "write:9",  # a checkpoint is written, not yet on the disk
    "rename:7",  # ... whole, but not in place
    "prune:7",  # ... in place, older ones not yet removed
    "record:2",  # an epoch is recorded, its checkpoint not yet written
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_once(moment, whole, tmp_path) -> None:
    assert child.run(tmp_path, moment) == -signal.SIGKILL
    assert not (tmp_path / "final.pt").exists()
    assert child.run(tmp_path) == 0
    assert_same(tmp_path, whole)


RECIPES = {
    "adamw": {"optimiser": "adamw", "lr": 0.01, "betas": (0.8, 0.95)},
    "best": {"keep": "best", "lr": 0.5},  # that of the first epoch
    "mixed": {"mixup": 0.4, "cutmix": 1.0, "mix_probability": 0.8},
    "rmsprop": {"optimiser": "rmsprop", "lr": 0.001, "alpha": 0.9, "momentum": 0.5},
}


@pytest.mark.parametrize("changes", RECIPES.values(), ids=RECIPES.keys())
def test_killed_twice_under_other_recipes(changes, whole, tmp_path) -> None:
    """In the middle of the first epoch, and of the last."""
    assert child.run(tmp_path / "whole", **changes) == 0
    for moment in ("step:4", "step:10"):
        assert child.run(tmp_path / "run", moment, **changes) == -signal.SIGKILL
    assert child.run(tmp_path / "run", **changes) == 0
    assert_same(tmp_path / "run", tmp_path / "whole")
    with pytest.raises(AssertionError):  # and it is not the same training in any case
        assert_same(tmp_path / "run", whole)


CHANCE = """network chance
input image : 1 x 8 x 8
levels l in 1..2 : resolution
spaces u[l] : 4 channels
operators { T : image -> u[1] conv 3x3            A[l] : u[l] -> u[l] conv 3x3
            R : u[l] -> u[l+1] conv 3x3 stride 2  W : u[2] -> 10 linear
            norm[*] : batchnorm                   act[*] : prelu
            drop : dropout 1/5                    path[l,i] : droppath (l + i) / 10 }
start { u[1] = T(image) }
cycle over l : backslash {
    smooth i in 1..2 { u[l] = u[l] + path[l,i](act(norm(A[l](drop(u[l]))))) }
    coarsen { u[l+1] = R(u[l]) }
}
output logits = W(drop(avgpool(u[2])))
"""


@pytest.fixture(scope="module")
def whole_of_chance(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("chance")
    assert child.run(folder, spec=CHANCE) == 0
    return folder


@pytest.mark.parametrize("moment", ["step:4", "step:6", "step:17", "prune:7"])
def test_a_spec_with_chance_killed_once(moment, whole_of_chance, tmp_path) -> None:
    assert child.run(tmp_path, moment, spec=CHANCE) == -signal.SIGKILL
    assert child.run(tmp_path, spec=CHANCE) == 0
    assert_same(tmp_path, whole_of_chance)


def test_killed_again_and_again_from_outside(whole, tmp_path) -> None:
    delays = iter([0.02 * 1.5**n for n in range(20)])
    while child.run(tmp_path, delay=next(delays)) == -signal.SIGKILL:
        pass
    assert_same(tmp_path, whole)


def test_truncated_and_foreign_checkpoints_are_refused(whole, tmp_path) -> None:
    assert child.run(tmp_path, "step:9") == -signal.SIGKILL
    newest, before = list_checkpoints(tmp_path)[::-1]
    newest.write_bytes(newest.read_bytes()[:-1000])
    with pytest.raises(SpecError, match="damaged"):
        read_checkpoint(newest)
    torch.save({"some": "other file"}, tmp_path / "step-99999999.pt")
    with pytest.raises(SpecError, match="not a checkpoint of mgiad train"):
        read_checkpoint(tmp_path / "step-99999999.pt")
    assert read_checkpoint(before)["step"] == 7
    assert child.run(tmp_path) == 0
    assert_same(tmp_path, whole)


def test_a_flipped_byte_is_noticed(tmp_path) -> None:
    fit(Plain(classes=2), loader(), Recipe(epochs=1), device="cpu", folder=tmp_path)
    path = list_checkpoints(tmp_path)[-1]
    content = bytearray(path.read_bytes())
    place = content.find(torch.ones(3).numpy().tobytes())  # the unused parameter
    content[place + 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SpecError, match="damaged"):
        read_checkpoint(path)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("evil-was-here",)


def test_loading_runs_no_code(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "step-00000001.pt"
    torch.save({"format": "mgiad checkpoint 1", "step": Evil()}, path)
    with pytest.raises(SpecError, match="holds code"):
        read_checkpoint(path)
    assert not (tmp_path / "evil-was-here").exists()


def test_if_no_checkpoint_can_be_used_nothing_is_trained(tmp_path) -> None:
    (tmp_path / "step-00000003.pt").write_bytes(b"no zip")
    said = Quiet()
    with pytest.raises(SpecError, match="damaged"):
        fit(Plain(classes=2), loader(), folder=tmp_path, resume=True, device="cpu", listener=said)


OTHERS = {
    "batches": (lambda: loader(n=128), lambda: Plain(classes=2), r"epoch .*\(3 steps, now 4 steps"),
    "shapes": (
        loader,
        lambda: Plain(classes=3),
        r"model .*\(W.weight \(2, 8\), now W.weight \(3, 8",
    ),
    "names": (loader, lambda: SmallCycle(classes=2), "model is not the same"),
    "fewer": (loader, lambda: nn.Sequential(Plain(classes=2)), "unused .*, now 0.unused"),
}


@pytest.mark.parametrize(("feed", "model", "message"), OTHERS.values(), ids=OTHERS.keys())
def test_other_data_or_another_model_is_not_resumed(feed, model, message, tmp_path) -> None:
    arguments = {"recipe": Recipe(epochs=2), "device": "cpu", "folder": tmp_path}
    fit(Plain(classes=2), loader(), **arguments)
    with pytest.raises(SpecError, match=message) as error:
        fit(model(), feed(), resume=True, **arguments)
    assert "another run" in error.value.message
    fit(Plain(classes=2), loader(), resume=True, **arguments)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_stops(number, tmp_path, monkeypatch) -> None:
    def run(folder: Path, resume: bool) -> tuple[torch.Tensor, int | None]:
        torch.manual_seed(0)
        model = Plain(classes=2)
        recipe = Recipe(epochs=4)
        result = fit(model, loader(), recipe, device="cpu", folder=folder, resume=resume)
        return model.W.weight, result.stopped

    expected, _ = run(tmp_path / "whole", resume=False)
    step = Trainer.step

    def interrupted(self, parts):
        step(self, parts)
        if self.done == 5:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Trainer, "step", interrupted)
    handler = signal.getsignal(number)
    _, stopped = run(tmp_path / "run", resume=False)
    assert stopped == number
    assert signal.getsignal(number) is handler
    assert [path.name for path in list_checkpoints(tmp_path / "run")] == ["step-00000005.pt"]
    weights, stopped = run(tmp_path / "run", resume=True)
    assert stopped is None
    assert torch.equal(weights, expected)


def test_a_signal_at_the_end_of_an_epoch_does_not_wait_for_its_evaluation(
    tmp_path, monkeypatch
) -> None:
    """Workers do not outlive a signal by long; only the last epoch is evaluated nevertheless."""
    step = Trainer.step

    def interrupted(self, parts):
        step(self, parts)
        if self.done == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    arguments = {"device": "cpu", "folder": tmp_path, "test": loader()}
    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "step", interrupted)
        result = fit(Plain(classes=2), loader(), Recipe(epochs=2), **arguments)
    assert result.stopped == signal.SIGTERM
    assert result.scores is None
    result = fit(Plain(classes=2), loader(), Recipe(epochs=2), resume=True, **arguments)
    assert [record.test_accuracy is not None for record in result.records] == [False, True]


def test_a_full_disk_loses_nothing_written_before(tmp_path, monkeypatch) -> None:
    flush, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    arguments = {"device": "cpu", "folder": tmp_path, "save_every": 0}
    with pytest.raises(SpecError, match="No space left on device") as error:
        fit(Plain(classes=2), loader(), Recipe(epochs=4), **arguments)
    assert "--resume" in error.value.hint
    monkeypatch.undo()
    assert not list(tmp_path.glob(".*"))
    kept = list_checkpoints(tmp_path)
    assert kept
    assert read_checkpoint(kept[-1])["step"] == 2
    result = fit(Plain(classes=2), loader(), Recipe(epochs=4), resume=True, **arguments)
    assert len(result.records) == 4
