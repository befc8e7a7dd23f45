"""``mgiad eval``: a trained network looked at from all sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import make_held_out
from mgiad_dsl.train.data.sets import Batch, Where, check_fit
from mgiad_dsl.train.device import autocast, choose_device, memory_format
from mgiad_dsl.train.robustness import (
    EPSILONS,
    PGD_STEPS,
    Normalised,
    attacked,
    corrupted,
    corruptions,
)
from mgiad_dsl.train.runs import load_network, read_run
from mgiad_dsl.train.scores import Scores, evaluate

Score = Callable[[Iterable[Batch]], Scores]


@dataclass(frozen=True)
class Examination:
    """Accuracies in 0..1: clean, by corruption and severity, by attack and epsilon."""

    classes: tuple[str, ...]
    scores: Scores
    corrupted: dict[str, list[float]]
    attacked: dict[str, list[float]]
    images: int  # at most so many for the last two


def examine(
    run: Path,
    data_name: str | None,
    where: Where,
    device_name: str | None,
    images: int,
    workers: int,
) -> Examination:
    """Evaluate a run on its own data or another; robustness on the first ``images``.

    Raises SpecError if the run or the data cannot be read or do not fit each other.
    """
    record, recipe = read_run(run)
    device = choose_device(device_name)
    data = open_data(data_name or record.data, where, record.input_shape, record.outputs)
    check_fit(data, record.input_shape, record.outputs)
    model = Normalised(load_network(run), record.mean, record.std).requires_grad_(False)
    model.to(device).to(memory_format=memory_format(recipe)).eval()
    batches = make_held_out(data, record.input_shape, device, workers, raw=True)

    def score(batches: Iterable[Batch]) -> Scores:
        precision, layout = autocast(recipe, device), memory_format(recipe)
        return evaluate(model, batches, device=device, precision=precision, memory_format=layout)

    few, size = Few(batches, images), record.input_shape[1]
    return Examination(
        classes=data.classes,
        scores=score(batches),
        corrupted=under_corruption(score, few, size) if images else {},
        attacked=under_attack(score, few, model) if images else {},
        images=images,
    )


def under_corruption(score: Score, few: Few, size: int) -> dict[str, list[float]]:
    """Accuracy under each corruption, by severity, for images of this height."""
    return {
        name: [score(corrupted(few, change, severity)).accuracy for severity in severities]
        for name, (change, severities) in corruptions(size).items()
    }


def under_attack(score: Score, few: Few, model: nn.Module) -> dict[str, list[float]]:
    """Accuracy under each attack, by epsilon."""
    return {
        name: [score(attacked(model, few, eps, steps)).accuracy for eps in EPSILONS]
        for name, steps in (("FGSM", 1), (f"PGD, {PGD_STEPS} steps", PGD_STEPS))
    }


class Few:
    """The first images of batches."""

    def __init__(self, batches: Iterable[Batch], images: int) -> None:
        self.batches, self.images = batches, images

    def __iter__(self) -> Iterator[Batch]:
        left = self.images
        for pixels, labels in self.batches:
            if left <= 0:
                return
            yield pixels[:left], labels[:left]
            left -= len(labels)
