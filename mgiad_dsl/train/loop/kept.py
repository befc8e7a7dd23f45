"""The weights of the best epoch so far, if a recipe wants them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from mgiad_dsl.train.evaluation.scores import Scores


@dataclass(frozen=True)
class Kept:
    """The ``state_dict`` of the epoch (from 1) that did best on held-out data, on the CPU.

    Of several that did equally well it is the first.
    """

    epoch: int
    accuracy: float
    weights: dict[str, Tensor]


def better(kept: Kept | None, epoch: int, scores: Scores, model: nn.Module) -> Kept:
    """What is kept when a model has these scores after an epoch."""
    if kept and scores.accuracy <= kept.accuracy:
        return kept
    weights = model.state_dict().items()
    copies = {name: value.detach().to("cpu", copy=True) for name, value in weights}
    return Kept(epoch, scores.accuracy, copies)
