"""Each image belongs to a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from mgiad_dsl.train.data.mixing import heaviest
from mgiad_dsl.train.tasks.figures import ACCURACY, Figure
from mgiad_dsl.train.tasks.measured import Inputs, Measured, Model, at_least_float32


@dataclass(frozen=True)
class ClassScores:
    """``confusion[i, j]`` counts images of class i taken for class j (int64, on the CPU)."""

    loss: float
    confusion: Tensor

    @property
    def images(self) -> int:
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of images classified right, 0..1."""
        return int(self.confusion.trace()) / max(1, self.images)

    @property
    def class_accuracy(self) -> list[float]:
        """The same for the images of each class; NaN for a class without images."""
        return (self.confusion.diag() / self.confusion.sum(dim=1)).tolist()

    @property
    def figures(self) -> dict[str, float]:
        return {ACCURACY.name: self.accuracy}


@dataclass(frozen=True)
class Classes:
    """Outputs are logits (n, classes), targets labels (n,), or in training shares of
    the classes (n, classes); the loss is the cross entropy."""

    smoothing: float = 0.0

    name: ClassVar[str] = "classes"
    figures: ClassVar[tuple[Figure, ...]] = (ACCURACY,)  # of held-out images, the main one first
    in_training: ClassVar[Figure] = ACCURACY

    def train(self, model: Model, inputs: Inputs, targets: Tensor) -> Measured:
        logits = model(*inputs)
        right = (logits.detach().argmax(dim=1) == heaviest(targets)).sum()
        return Measured(loss_of(logits, targets, self.smoothing), right)

    def measure(self, model: Model, inputs: Inputs, targets: Tensor) -> tuple[Tensor, ...]:
        """Sums over a batch: the loss, and the confusion matrix as a row."""
        logits = model(*inputs).float()
        loss = F.cross_entropy(logits, targets, reduction="sum")
        return loss.double(), confusion(targets, logits.argmax(dim=1), logits.shape[1])

    def scores(self, sums: tuple[Tensor, ...]) -> ClassScores:
        """From the sums over all held-out images."""
        loss, counts = sums
        side = round(len(counts) ** 0.5)
        return ClassScores(float(loss) / max(1, int(counts.sum())), counts.cpu().view(side, side))


def loss_of(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Mean cross entropy of logits (n, classes), in at least float32.

    Labels are (n,), or shares of the classes (n, classes).
    """
    return F.cross_entropy(at_least_float32(logits), labels, label_smoothing=smoothing)


def confusion(labels: Tensor, answers: Tensor, classes: int) -> Tensor:
    """How often each label (rows) got each answer (columns), row by row (classes^2,)."""
    pairs = labels * classes + answers
    counts = torch.zeros(classes**2, dtype=torch.int64, device=pairs.device)
    return counts.scatter_add_(0, pairs, torch.ones_like(pairs))
