"""How well a model classifies."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.machine.distributed import add_up


@dataclass(frozen=True)
class Scores:
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


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    device: torch.device | str | None = None,
    precision: AbstractContextManager | None = None,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> Scores:
    """Classify all images of ``batches`` (any DataLoader) in evaluation mode.

    Images are (n, C, H, W), labels (n,). The model's mode is restored. ``precision`` is a
    context for the forward passes, ``torch.autocast`` for one. In a process group the scores
    are those of all processes together. Nothing waits for the device until the end.
    """
    where = torch.device(device) if device is not None else next(model.parameters()).device
    training = model.training
    model.eval()
    loss = torch.zeros((), dtype=torch.float64, device=where)
    confusion: Tensor | None = None
    for images, labels in batches:
        images = images.to(where, non_blocking=True, memory_format=memory_format)
        labels = labels.to(where, non_blocking=True)
        with precision or nullcontext():
            logits = model(images)
        logits = logits.float()
        loss += F.cross_entropy(logits, labels, reduction="sum")
        classes = logits.shape[1]
        if confusion is None:
            confusion = torch.zeros(classes**2, dtype=torch.int64, device=where)
        pairs = labels * classes + logits.argmax(dim=1)
        confusion.scatter_add_(0, pairs, torch.ones_like(pairs))
    model.train(training)
    if confusion is None:
        raise SpecError("there are no images to evaluate")
    counts = add_up(confusion).cpu()
    total = float(add_up(loss)) / max(1, int(counts.sum()))
    side = round(len(counts) ** 0.5)
    return Scores(total, counts.view(side, side))
