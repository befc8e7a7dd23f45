"""A training run in a process of its own, that may kill itself at a stated moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from mgiad_dsl import Source, compile_source
from mgiad_dsl.base import files
from mgiad_dsl.runtime import load
from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.resident import HeldOutBatches, TrainBatches
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.recipes.recipe import check_fields
from mgiad_dsl.train.run import metrics
from tests.train.small_cycle import SmallCycle

# a server that has loaded all that a run needs, and forks: no start-up time
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["torch._dynamo", "rich.progress", "pydantic", __name__])

RECIPE = Recipe(epochs=3, batch=32, accumulate=2, lr=0.05, ema=0.9, crop=1, flip=True, clip=1)
STEPS = 3 * 6  # 200 images


def run(
    folder: Path,
    moment: str | None = None,
    delay: float | None = None,
    spec: str | None = None,
    **changes: object,
) -> int:
    """Train or resume in ``folder``; the exit code (negative: the signal that ended it).

    ``changes`` are fields of the recipe. ``moment`` is "step:7", "write:3", "rename:3",
    "prune:3" or "record:2": the run is killed after so many steps, or in that stage of
    writing the third file, the second record. ``delay`` kills it from outside after so many
    seconds. ``spec`` is the text of a network to train, instead of a small one.
    """
    process = CONTEXT.Process(target=train, args=(folder, moment, spec, changes))
    process.start()
    process.join(delay)
    if process.is_alive():
        process.kill()
        process.join()
    assert process.exitcode is not None
    return process.exitcode


def train(folder: Path, moment: str | None, spec: str | None, changes: dict[str, object]) -> None:
    torch.set_num_threads(1)
    recipe = check_fields(RECIPE.model_dump() | changes)
    if moment:
        arm(*moment.split(":"))
    torch.manual_seed(3)
    model = nn.Sequential(SmallCycle(channels=8), nn.Dropout(0.2))
    if spec:
        model = load(compile_source(Source("spec", spec)).python)
    data, device = fake("fake:1x8x8:10:200"), torch.device("cpu")
    feed = TrainBatches(data, recipe, device, 3, Share(recipe.batch, parts=recipe.accumulate))
    result = fit(
        model,
        feed,
        recipe,
        test=HeldOutBatches(data.test, (data.mean, data.std), 32, device),
        seed=3,
        device="cpu",
        folder=folder,
        resume=True,
        save_every=0,
    )
    kept = result.kept.weights if result.kept else {}
    torch.save((model.state_dict(), result.model.state_dict(), kept), folder / "final.pt")


def arm(stage: str, number: str) -> None:
    """Kill this process at the n-th call of what belongs to the stage."""
    if stage == "step":
        Trainer.step = counted(Trainer.step, int(number), after=True)
    elif stage == "write":
        os.fsync = counted(os.fsync, int(number), after=False)
    elif stage == "rename":
        os.replace = counted(os.replace, int(number), after=False)
    elif stage == "prune":
        files.sync_folder = counted(files.sync_folder, int(number), after=False)
    elif stage == "record":
        metrics.append = counted(metrics.append, int(number), after=True)


def counted(function: Callable, number: int, after: bool) -> Callable:
    calls = 0

    def wrapper(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == number and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if calls == number and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapper
