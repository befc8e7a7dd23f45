"""``mgiad eval``: a trained network looked at from all sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import held_out_batch, make_held_out
from mgiad_dsl.train.data.sets import Batch, DataSet, Where, check_fit, held_out_images, spread
from mgiad_dsl.train.evaluation.robustness import (
    EPSILONS,
    PGD_STEPS,
    Normalised,
    attacked,
    corrupted,
    corruptions,
)
from mgiad_dsl.train.evaluation.scores import Scores, evaluate
from mgiad_dsl.train.machine.device import choose_device
from mgiad_dsl.train.machine.distributed import world
from mgiad_dsl.train.machine.faults import explained
from mgiad_dsl.train.machine.precision import autocast, backends, memory_format
from mgiad_dsl.train.run.folder import load_network, read_run

Score = Callable[[Iterable[Batch]], Scores]


@dataclass(frozen=True)
class Robustness:
    """Accuracies in 0..1 on the same ``images`` images: as they are (``clean``), under each
    corruption by severity, under each attack by epsilon.
    """

    images: int
    clean: float
    corrupted: dict[str, list[float]]
    attacked: dict[str, list[float]]


@dataclass(frozen=True)
class Examination:
    """Scores on all held-out images, robustness on some of them or None."""

    classes: tuple[str, ...]
    scores: Scores
    robustness: Robustness | None


def examine(
    run: Path,
    data_name: str | None,
    where: Where,
    device_name: str | None,
    *,
    images: int,
    batch: int | None,
    workers: int,
) -> Examination:
    """Evaluate a run on its own data or another, ``batch`` images at a time.

    Robustness is measured on at most ``images`` images spread over the held-out ones.
    Raises SpecError if the run or the data cannot be read or do not fit each other, or memory
    runs out.
    """
    if world().size > 1:
        raise SpecError("mgiad eval runs in one process", hint="start it without torchrun")
    record, recipe = read_run(run)
    device = choose_device(device_name)
    data = open_data(data_name or record.data, where, record.input_shape, record.outputs)
    check_fit(data, record.input_shape, record.outputs)
    batch = batch or held_out_batch(data)
    model = Normalised(load_network(run), record.mean, record.std).requires_grad_(False)

    def load(data: DataSet) -> Iterable[Batch]:
        return make_held_out(data, record.input_shape, device, workers, batch, raw=True)

    def score(batches: Iterable[Batch]) -> Scores:
        precision, layout = autocast(recipe, device), memory_format(recipe)
        return evaluate(model, batches, device=device, precision=precision, memory_format=layout)

    with out_of_memory_explained(min(batch, held_out_images(data))), backends(recipe):
        model.to(device).to(memory_format=memory_format(recipe)).eval()
        scores = score(load(data))
        robustness = measure(model, score, list(load(spread(data, images)))) if images else None
    return Examination(data.classes, scores, robustness)


def measure(model: nn.Module, score: Score, few: list[Batch]) -> Robustness:
    """Robustness on a few images, which are read once and stay on the device."""
    clean = score(few)
    changes = corruptions(few[0][0].shape[2])
    attacks = {"FGSM": 1, f"PGD, {PGD_STEPS} steps": PGD_STEPS}
    return Robustness(
        images=clean.images,
        clean=clean.accuracy,
        corrupted={
            name: [score(corrupted(few, change, severity)).accuracy for severity in severities]
            for name, (change, severities) in changes.items()
        },
        attacked={
            name: [score(attacked(model, few, epsilon, steps)).accuracy for epsilon in EPSILONS]
            for name, steps in attacks.items()
        },
    )


def out_of_memory_explained(batch: int) -> AbstractContextManager:
    smaller = f"--batch {batch // 2}" if batch > 1 else "another --device"
    return explained(
        f"with {batch} images at a time",
        f"{smaller}, or fewer --robustness-images, which stay in memory",
    )
