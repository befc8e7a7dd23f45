"""What the two-process test runs in each of its processes, under torchrun."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import torch
from torch import distributed as dist
from torch.utils.data import DataLoader, TensorDataset

from mgiad_dsl import compile_file
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.train import add_train_arguments, train
from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.resident import HeldOutBatches, TrainBatches
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.loop.epochs import Loop
from mgiad_dsl.train.loop.fit import Result
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.distributed import process_group, world
from mgiad_dsl.train.network import trainable
from mgiad_dsl.train.run.checkpoint import list_checkpoints
from tests.train.nets import Plain, network

RECIPE = Recipe(epochs=2, batch=40, accumulate=2, weight_decay=0.1, crop=1, flip=True)
CPU = torch.device("cpu")


class Double(Plain):
    """No norms, float64: the sums over processes are exact but for rounding."""

    def __init__(self) -> None:
        super().__init__()
        self.double()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return super().forward(image.double())


def run(folder: Path | None = None, resume: bool = False) -> tuple[Double, Result]:
    """Train on this process's share of fake images."""
    data, here = fake("fake:1x8x8:10:200"), world()
    share = Share(RECIPE.batch, here.rank, here.size, RECIPE.accumulate)
    torch.manual_seed(0)
    model = Double()
    feed = TrainBatches(data, RECIPE, CPU, 0, share)
    test = HeldOutBatches(data.test, (data.mean, data.std), 16, CPU, here.rank, here.size)
    result = fit(model, feed, RECIPE, test=test, device="cpu", folder=folder, resume=resume)
    return model, result


def stopped_and_resumed(folder: Path) -> Double:
    """Only the second process gets a signal; both stop together, and go on together.

    Each has a disk of its own, as on two machines; checkpoints are on the first one's.
    """
    folder /= f"machine{world().rank}"
    step = Trainer.step

    def interrupted(self: Trainer, parts: list) -> None:
        step(self, parts)
        if self.done == 3 and world().rank == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    pause = Loop.steps_in_a_second
    Trainer.step, Loop.steps_in_a_second = interrupted, lambda loop: 1
    _, result = run(folder)
    assert result.stopped == signal.SIGTERM
    if world().first:  # in the middle of an epoch, at once
        assert [path.name for path in list_checkpoints(folder)] == ["step-00000003.pt"]
    Trainer.step, Loop.steps_in_a_second = step, pause
    model, result = run(folder, resume=True)
    assert result.stopped is None
    return model


def refusal() -> str:
    """The error of a recipe that asks for synchronised norms on CPUs."""
    data = DataLoader(TensorDataset(torch.zeros(4, 1, 8, 8), torch.zeros(4).long()))
    try:
        fit(Plain(), data, Recipe(sync_batchnorm=True), device="cpu")
    except SpecError as error:
        return str(error)
    return ""


def command(out: Path) -> None:
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    words = ["--data", "digits", "--device", "cpu", "--out", str(out), "--with", "epochs=1"]
    train(network(), parser.parse_args(words))


def solver(out: Path, samples: int = 20) -> None:
    """Two seeds of a solver, each tried on other grids too."""
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    words = ["--data", f"poisson:7,n={samples}", "--device", "cpu", "--out", str(out)]
    words += ["--seeds", "0,1", "--with", "epochs=1", "batch=4", "cycles=2"]
    train(trainable(compile_file("poisson_learned", L=3)), parser.parse_args(words))


def too_few(out: Path) -> str:
    """The error of data with one held-out sample."""
    try:
        solver(out, samples=4)
    except SpecError as error:
        return str(error)
    return ""


def connected_by_hand(rank: int, out: Path) -> None:
    """The same training in a group that torchrun did not start."""
    torch.set_num_threads(1)
    meeting = (out / "meeting").as_uri()
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
    model, result = run(out / "run")
    if rank == 0:
        torch.save((model.state_dict(), result.scores.images), out / "result.pt")
    dist.destroy_process_group()


def main(out: Path) -> None:
    torch.set_num_threads(1)
    with process_group(world(), CPU):
        model, result = run()
        again = stopped_and_resumed(out / "stopped")
        refused = refusal()
        command(out / "run")
        solver(out / "solver")
        few = too_few(out / "few")
    if world().first:
        found = {
            "model": model.state_dict(),
            "resumed": again.state_dict(),
            "accuracy": result.scores.accuracy,
            "images": result.scores.images,
            "loss": result.records[-1].train_loss,
        }
        torch.save(found, out / "result.pt")
        (out / "refused").write_text(refused)
        (out / "few_samples").write_text(few)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
