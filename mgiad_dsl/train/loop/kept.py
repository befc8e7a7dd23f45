"""The weights of the best epoch so far, if a recipe wants them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from mgiad_dsl.train.tasks.task import Scores, Task


@dataclass(frozen=True)
class Kept:
    """The ``state_dict`` of the epoch (from 1) that did best on held-out data, on the CPU.

    Of several that did equally well it is the first.
    """

    epoch: int
    value: float  # of the main figure
    weights: dict[str, Tensor]


def better(kept: Kept | None, epoch: int, scores: Scores, task: Task, model: nn.Module) -> Kept:
    """What is kept when a model has these scores after an epoch."""
    figure = task.figures[0]
    value = scores.figures[figure.name]
    if kept and not figure.better(value, kept.value):
        return kept
    weights = model.state_dict().items()
    copies = {name: value.detach().to("cpu", copy=True) for name, value in weights}
    return Kept(epoch, value, copies)
