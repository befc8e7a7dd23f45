"""``fit``: train any module on any DataLoader."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.feed import Feed, as_feed
from mgiad_dsl.train.data.mixing import Mixing
from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.loop.compiling import compiled
from mgiad_dsl.train.loop.epochs import Loop
from mgiad_dsl.train.loop.kept import Kept
from mgiad_dsl.train.loop.optimiser import freeze_unused
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.device import choose_device
from mgiad_dsl.train.machine.distributed import together, world
from mgiad_dsl.train.machine.faults import training_explained
from mgiad_dsl.train.machine.placing import arranged, as_inputs, repeated
from mgiad_dsl.train.machine.precision import backends, memory_format
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.journal import Journal
from mgiad_dsl.train.run.listeners import Listener, Quiet
from mgiad_dsl.train.run.records import EpochRecord
from mgiad_dsl.train.tasks.task import Scores, Task, task_like


@dataclass(frozen=True)
class Result:
    """What ``fit`` gives: the trained model (its average under EMA), one record for each
    epoch, the last scores (None without test data), the wall time in seconds, the number of
    the signal that ended training early, or None, and under ``keep="best"`` the weights of the
    best epoch.
    """

    model: nn.Module
    records: list[EpochRecord]
    scores: Scores | None
    seconds: float
    stopped: int | None
    kept: Kept | None = None


def fit(
    model: nn.Module,
    train: DataLoader | Feed,
    recipe: Recipe | None = None,
    *,
    test: Iterable[Batch] | None = None,
    task: Task | None = None,
    seed: int = 0,
    device: torch.device | str | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
    deterministic: bool = False,
    save_every: float = 600.0,
    identity: dict[str, str] | None = None,
    about: dict[str, Any] | None = None,
    listener: Listener | None = None,
) -> Result:
    """Train ``model`` in place for a task on the samples of ``train``.

    Batches are (inputs, targets): images (n, C, H, W) and labels (n,), or what else the task
    takes; several inputs are a tuple, and arguments of the model. Without a ``task`` it follows
    from the targets: integers (n,) are classes, integers (n, H, W) classes of pixels, other
    numbers fields. ``recipe.batch`` and its augmentation say how the trainer's own feeds are
    made, a DataLoader brings its own. With a ``folder``,
    checkpoints go there every ``save_every`` seconds and at the end, and ``resume`` continues
    from the last one as if the run had never stopped (bit for bit on GPUs with
    ``deterministic``); ``identity`` holds further texts that must be the same then, ``about``
    what is saved besides. Call it in every process of a process group.

    Raises SpecError when the loss is not finite, memory or disk run out, a checkpoint cannot
    be used, or only deterministic operations are allowed and there is another.
    """
    began = time.monotonic()
    recipe = recipe or Recipe()
    if recipe.keep == "best" and test is None:
        raise SpecError("keep=best needs held-out data", hint="fit(..., test=...), or keep=last")
    listener = listener or Quiet()
    where = choose_device(str(device) if device else None, world().local)
    feed = as_feed(train, seed)
    steps = steps_of_an_epoch(feed, recipe)
    task = task or task_like(feed.example()[1][None], recipe)
    mixing = make_mixing(model, feed, recipe, seed)
    journal = state = None
    if folder is not None:
        same = same_when_resumed(model, recipe, seed, steps) | (identity or {})
        journal = Journal(Path(folder), same, about or {}, save_every, world().rank)
        state = journal.open(resume, listener.say)
    before = None if state is None else state.get("compiled")
    if state and state["step"] == recipe.epochs * steps:
        before = False  # there is nothing left to train
    with (
        training_explained(recipe),
        backends(recipe, deterministic),
        prepared(model, feed, recipe, where, listener, before) as compiling,
    ):
        trainer = Trainer(model, task, recipe, where, steps, compiling, mixing)
        if state:
            trainer.restore(state, world().rank)
            began -= state["seconds"]
        if trainer.done < recipe.epochs * steps:
            trainer.capture(recipe.accumulate * [batch_like(feed)], listener.say)
        loop = Loop(trainer, task, feed, test, listener, journal, began)
        stopped = loop.run()
    model.zero_grad(set_to_none=True)  # those of a CUDA graph lie in its memory
    records = journal.records() if journal else loop.records
    return Result(trainer.best, records, loop.scores, loop.seconds, stopped, trainer.kept)


def steps_of_an_epoch(feed: Feed, recipe: Recipe) -> int:
    steps = len(feed) // recipe.accumulate
    if steps == 0:
        raise SpecError(f"{len(feed)} batches are less than one step of {recipe.accumulate}")
    return steps


def batch_like(feed: Feed) -> Batch:
    """A batch as large as those of a feed."""
    (inputs, targets), n = feed.example(), feed.size()
    return tuple(repeated(each, n) for each in as_inputs(inputs)), repeated(targets, n)


def make_mixing(model: nn.Module, feed: Feed, recipe: Recipe, seed: int) -> Mixing | None:
    """What mixes the batches of a recipe that wants it, for the classes that a model tells apart.

    Raises SpecError if it gives anything but one vector of scores for an image.
    """
    if not (recipe.mixup or recipe.cutmix):
        return None
    training = model.training
    with torch.no_grad():
        here = next(model.parameters()).device
        example = as_inputs(feed.example()[0])
        scores = model.eval()(*(each[None].to(here) for each in example))
    model.train(training)
    if scores.ndim != 2:
        raise SpecError("mixup and cutmix mix images of classes", hint="mixup=0 cutmix=0")
    return Mixing(recipe, scores.shape[1], seed)


def same_when_resumed(model: nn.Module, recipe: Recipe, seed: int, steps: int) -> dict[str, str]:
    """What a checkpoint goes on with only if it is as it was, as texts."""
    return {
        "recipe": recipe.to_json(),
        "seed": str(seed),
        "processes": str(world().size),
        "epoch": f"{steps} steps",
        "model": weights_of(model),
    }


@contextmanager
def prepared(
    model: nn.Module,
    feed: Feed,
    recipe: Recipe,
    device: torch.device,
    listener: Listener,
    before: bool | None = None,
) -> Iterator[bool]:
    """A model on the device, unused weights set aside; a context in which it is compiled, if
    the recipe says so, and whether it is. ``before`` is what was decided earlier.
    """
    if recipe.warmup >= recipe.epochs:
        listener.say(
            f"note: the learning rate only rises, warmup={recipe.warmup:g} of {recipe.epochs} "
            f"epochs; a tenth of them would be --with warmup={recipe.epochs / 10:g}"
        )
    arranged(model.to(device), memory_format(recipe, device))
    example = tuple(each.to(device) for each in as_inputs(feed.example()[0]))
    unused = freeze_unused(model, example)
    if unused:
        listener.say(f"weights that are never applied, not trained: {', '.join(unused)}")
    if recipe.sync_batchnorm and together():
        if device.type != "cuda":
            raise SpecError("SyncBatchNorm needs GPUs", hint="--with sync_batchnorm=false")
        nn.SyncBatchNorm.convert_sync_batchnorm(model)  # the norms inside, in place
    try:
        with compiled(model, feed, example, recipe, listener, before) as compiling:
            yield compiling
    finally:
        for parameter in unused.values():
            parameter.requires_grad_(True)


def weights_of(model: nn.Module) -> str:
    """Names and shapes of parameters and buffers, a line each."""
    weights = [*model.named_parameters(), *model.named_buffers()]
    return "\n".join(f"{name} {tuple(weight.shape)}" for name, weight in weights)
