"""``mgiad eval``: a trained network looked at from all sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import held_out_batch, make_held_out
from mgiad_dsl.train.data.sets import (
    Batch,
    DataSet,
    FolderSet,
    ImageSet,
    TensorSet,
    Where,
    held_out_images,
    spread,
)
from mgiad_dsl.train.evaluation.grids import OnGrid, on_grids, with_same_weights
from mgiad_dsl.train.evaluation.robustness import (
    EPSILONS,
    PGD_STEPS,
    Normalised,
    attacked,
    corrupted,
    corruptions,
)
from mgiad_dsl.train.evaluation.scores import evaluate
from mgiad_dsl.train.machine.device import choose_device
from mgiad_dsl.train.machine.distributed import world
from mgiad_dsl.train.machine.faults import explained
from mgiad_dsl.train.machine.placing import arranged, as_inputs, placed
from mgiad_dsl.train.machine.precision import autocast, backends, memory_format
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.folder import load_network, network_of, read_run
from mgiad_dsl.train.tasks.choose import Job, fit_together
from mgiad_dsl.train.tasks.classes import Classes, ClassScores
from mgiad_dsl.train.tasks.solver import Solver
from mgiad_dsl.train.tasks.task import Scores

Score = Callable[[Iterable[Batch]], Scores]

SHOWN = 4  # samples in a picture of answers
IMAGES = 1000  # corrupted and attacked when nobody says how many
ONLY_IMAGES = "No robustness: corruptions and attacks are for data sets of images."


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
class Answers:
    """A few held-out samples: inputs by name (n, ...), images in 0..1, targets and outputs."""

    inputs: dict[str, Tensor]
    targets: Tensor
    outputs: Tensor


@dataclass(frozen=True)
class Examination:
    """Scores on all held-out samples. What else there is depends on the task: robustness of a
    classifier on some images, a few answers of classes of pixels and of fields, the factors of a
    solver on several grids.
    """

    classes: tuple[str, ...]
    scores: Scores
    robustness: Robustness | None = None
    answers: Answers | None = None
    grids: list[OnGrid] | None = None
    note: str = ""  # what is not measured, and why


def examine(
    run: Path,
    data_name: str | None,
    where: Where,
    device_name: str | None,
    *,
    images: int | None,
    batch: int | None,
    workers: int,
    weights: Path | None = None,
) -> Examination:
    """Evaluate a run on its own data or another, ``batch`` samples at a time, with its own
    weights or those of another file or run.

    Robustness of a classifier is measured on at most ``images`` images spread over the held-out
    ones, on 1000 if it is None. Raises SpecError if the run or the data cannot be read or do not
    fit each other, ``images`` are asked for where there are none, or memory runs out.
    """
    if world().size > 1:
        raise SpecError("mgiad eval runs in one process", hint="start it without torchrun")
    record, recipe = read_run(run)
    device = choose_device(device_name)
    before = network_of(run, record)
    image = next(iter(record.inputs.values()))
    data = open_data(data_name or record.data, where, record.inputs, record.output)
    job = fit_together(data, before, recipe)
    data = job.data
    refuse_corruption(data, images)
    trained = load_network(run, weights)
    trained = trained if job.network is before else with_same_weights(trained, job.network)
    model: nn.Module = trained
    if record.mean:
        model = Normalised(trained, record.mean, record.std)
    model.requires_grad_(False)
    batch = batch or held_out_batch(data)

    def load(data: DataSet) -> Iterable[Batch]:
        return make_held_out(data, image, device, workers, batch, raw=True)

    def score(batches: Iterable[Batch]) -> Scores:
        precision, layout = autocast(recipe, device), memory_format(recipe, device)
        return evaluate(
            model, batches, task=job.task, device=device, precision=precision, memory_format=layout
        )

    with out_of_memory_explained(min(batch, held_out_images(data))), backends(recipe):
        arranged(model.to(device), memory_format(recipe, device)).eval()
        scores = score(load(data))
        if isinstance(job.task, Classes):
            if not can_be_corrupted(data):
                return Examination(data.classes, scores, note=ONLY_IMAGES)
            images = IMAGES if images is None else images
            images_of = load(spread(data, images)) if images else ()
            pixels = [(as_inputs(each)[0], labels) for each, labels in images_of]
            found = measure(model, score, pixels) if pixels else None
            return Examination(data.classes, scores, robustness=found)
        if isinstance(data, TensorSet) and isinstance(job.task, Solver):
            return Examination((), scores, grids=factors(job, trained, recipe, device))
        few = next(iter(load(spread(data, SHOWN))))
        return Examination(data.classes, scores, answers=answers(job, model, few, recipe))


def can_be_corrupted(data: DataSet) -> bool:
    """Whether a data set has images with a class each; not signals, volumes or tensors."""
    return isinstance(data, FolderSet) or (isinstance(data, ImageSet) and len(data.shape) == 3)


def refuse_corruption(data: DataSet, images: int | None) -> None:
    """Raise SpecError if images are asked for where there are none."""
    if images and not can_be_corrupted(data):
        raise SpecError(
            f"--robustness-images {images}: corruptions and attacks are for images with a class "
            f"each, and {data.name} has none",
            hint="leave it out, for the figures alone",
        )


def factors(job: Job, model: nn.Module, recipe: Recipe, device: torch.device) -> list[OnGrid]:
    """The factors of a solver on its own grid and on finer ones."""
    assert isinstance(job.data, TensorSet)
    assert isinstance(job.task, Solver)
    assert job.data.problem is not None
    precision = autocast(recipe, device)
    return on_grids(job.network, model, job.task, job.data.problem, device, precision)


@torch.no_grad()
def answers(job: Job, model: nn.Module, few: Batch, recipe: Recipe) -> Answers:
    """What the model makes of a few samples; on the CPU, as float32 or as classes."""
    device = next(model.parameters()).device
    inputs, targets = placed(few, device, memory_format(recipe, device))
    with autocast(recipe, device):
        outputs = model(*inputs)
    outputs = outputs.float() if targets.is_floating_point() else outputs.argmax(dim=1)
    named = zip(job.network.inputs, as_inputs(few[0]), strict=True)
    return Answers({name: each.cpu() for name, each in named}, targets.cpu(), outputs.cpu())


def measure(model: nn.Module, score: Score, few: list[tuple[Tensor, Tensor]]) -> Robustness:
    """Robustness on a few images, which are read once and stay on the device."""

    def accuracy(batches: Iterable[Batch]) -> float:
        scores = score(batches)
        assert isinstance(scores, ClassScores)
        return scores.accuracy

    changes = corruptions(few[0][0].shape[2])
    attacks = {"FGSM": 1, f"PGD, {PGD_STEPS} steps": PGD_STEPS}
    return Robustness(
        images=sum(len(labels) for _, labels in few),
        clean=accuracy(few),
        corrupted={
            name: [accuracy(corrupted(few, change, severity)) for severity in severities]
            for name, (change, severities) in changes.items()
        },
        attacked={
            name: [accuracy(attacked(model, few, epsilon, steps)) for epsilon in EPSILONS]
            for name, steps in attacks.items()
        },
    )


def out_of_memory_explained(batch: int) -> AbstractContextManager:
    smaller = f"--batch {batch // 2}" if batch > 1 else "another --device"
    return explained(
        f"with {batch} images at a time",
        f"{smaller}, or fewer --robustness-images, which stay in memory",
    )
