"""What feeds a data set to the trainer."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from mgiad_dsl.train.data.resident import HeldOutBatches, Share, TrainBatches
from mgiad_dsl.train.data.sets import DataSet
from mgiad_dsl.train.distributed import world
from mgiad_dsl.train.feed import Feed
from mgiad_dsl.train.recipe import Recipe

HELD_OUT_BATCH = 512


def make_feed(
    data: DataSet,
    recipe: Recipe,
    input_shape: tuple[int, int, int],
    device: torch.device,
    seed: int,
    workers: int,
) -> Feed:
    """Training batches for this process. Raises SpecError if recipe and data do not go together."""
    share = Share(recipe.batch, world().rank, world().size, recipe.accumulate)
    return TrainBatches(data, recipe, device, seed, share)


def make_held_out(
    data: DataSet,
    recipe: Recipe,
    input_shape: tuple[int, int, int],
    device: torch.device,
    workers: int,
    raw: bool = False,
) -> Iterable[tuple[Tensor, Tensor]]:
    """This process's part of the held-out images, normalised unless ``raw`` (pixels in 0..1)."""
    return HeldOutBatches(data, HELD_OUT_BATCH, device, world().rank, world().size, raw)
