"""Each pixel belongs to a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from mgiad_dsl.train.tasks.classes import confusion
from mgiad_dsl.train.tasks.figures import MEAN_IOU, PIXEL_ACCURACY, Figure
from mgiad_dsl.train.tasks.measured import Inputs, Measured, Model, at_least_float32

IGNORED = 255  # the label of pixels that do not count, as in Pascal VOC


@dataclass(frozen=True)
class PixelScores:
    """``confusion[i, j]`` counts pixels of class i taken for class j in all ``images`` (int64)."""

    loss: float
    confusion: Tensor
    images: int

    @property
    def pixel_accuracy(self) -> float:
        """Share of pixels classified right, 0..1."""
        return int(self.confusion.trace()) / max(1, int(self.confusion.sum()))

    @property
    def class_iou(self) -> list[float]:
        """Intersection over union of each class: of the pixels that are of it or taken for it,
        the share that are both. NaN for a class that is neither anywhere.
        """
        both = self.confusion.diag()
        either = self.confusion.sum(dim=0) + self.confusion.sum(dim=1) - both
        return (both / either).tolist()

    @property
    def mean_iou(self) -> float:
        """The mean over the classes that occur."""
        return float(torch.tensor(self.class_iou).nanmean())

    @property
    def figures(self) -> dict[str, float]:
        return {MEAN_IOU.name: self.mean_iou, PIXEL_ACCURACY.name: self.pixel_accuracy}


@dataclass(frozen=True)
class Pixels:
    """Outputs are logits (n, classes, H, W), targets labels (n, H, W); pixels labelled 255 do
    not count. The loss is the mean cross entropy of the others.
    """

    smoothing: float = 0.0

    name: ClassVar[str] = "pixels"
    figures: ClassVar[tuple[Figure, ...]] = (MEAN_IOU, PIXEL_ACCURACY)
    in_training: ClassVar[Figure] = PIXEL_ACCURACY  # the mean of those of the images

    def train(self, model: Model, inputs: Inputs, targets: Tensor) -> Measured:
        logits = model(*inputs)
        counts = targets != IGNORED
        right = (logits.detach().argmax(dim=1) == targets) & counts
        shares = right.flatten(1).sum(dim=1) / counts.flatten(1).sum(dim=1).clamp(min=1)
        loss = summed_loss(logits, targets, self.smoothing) / counts.sum().clamp(min=1)
        return Measured(loss, shares.sum())

    def measure(self, model: Model, inputs: Inputs, targets: Tensor) -> tuple[Tensor, ...]:
        """Sums over a batch: the loss, the confusion matrix as a row, images."""
        logits = model(*inputs).float()
        classes = logits.shape[1]
        counts = targets != IGNORED
        # pixels that do not count go to a row of their own, which is cut off
        labels = torch.where(counts, targets, classes).flatten()
        answers = logits.argmax(dim=1).flatten()
        pairs = confusion(labels, answers, classes + 1)
        square = pairs.view(classes + 1, classes + 1)[:classes, :classes].flatten()
        images = torch.tensor(len(targets), device=logits.device)
        return summed_loss(logits, targets, 0.0).double(), square, images

    def scores(self, sums: tuple[Tensor, ...]) -> PixelScores:
        loss, counts, images = sums
        side = round(len(counts) ** 0.5)
        mean = float(loss) / max(1, int(counts.sum()))
        return PixelScores(mean, counts.cpu().view(side, side), int(images))


def summed_loss(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Cross entropy summed over pixels. As a list of pixels: PyTorch has no form of it for
    images that gives the same bits every time on GPUs.
    """
    rows = at_least_float32(logits).movedim(1, -1).reshape(-1, logits.shape[1])
    return F.cross_entropy(
        rows, labels.flatten(), ignore_index=IGNORED, label_smoothing=smoothing, reduction="sum"
    )
