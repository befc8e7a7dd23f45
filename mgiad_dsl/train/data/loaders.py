"""What feeds a data set to the trainer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.fields import HeldOutTensors, TrainTensors
from mgiad_dsl.train.data.resident import HeldOutBatches, TrainBatches
from mgiad_dsl.train.data.sets import (
    Batch,
    DataSet,
    FolderSet,
    ImageSet,
    MaskSet,
    TensorSet,
    held_out_images,
)
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.data.stream import Decoded, DecodedMasks, HeldOutStream, TrainStream
from mgiad_dsl.train.data.transforms import (
    PilImages,
    WithMask,
    centred,
    photographs,
    refuse_small_images,
    small_images,
)
from mgiad_dsl.train.machine.distributed import world
from mgiad_dsl.train.recipes.recipe import Recipe

ONLY_IMAGES = ("flip", "mixup", "cutmix")


def held_out_batch(data: DataSet) -> int:
    """Held-out samples computed at a time when nobody says how many; photographs are larger."""
    match data:
        case ImageSet():
            return 512
        case FolderSet():
            return 256
        case MaskSet() | TensorSet():
            return 32


def make_feed(
    data: DataSet,
    recipe: Recipe,
    input_shape: tuple[int, ...],
    device: torch.device,
    seed: int,
    workers: int,
) -> Feed:
    """Training batches for this process; image files are brought to ``input_shape`` (C, H, W).

    Raises SpecError if recipe and data do not agree.
    """
    share = Share(recipe.batch, world().rank, world().size, recipe.accumulate)
    size = input_shape[-2:]
    match data:
        case ImageSet() if len(data.shape) != 3:
            refuse_small_images(recipe, "signals and volumes are not changed", *ONLY_IMAGES)
            return TrainBatches(data, recipe, device, seed, share)
        case ImageSet() if recipe.augment_on == "device":
            return TrainBatches(data, recipe, device, seed, share)
        case ImageSet():
            decoded = Decoded(PilImages(data.train), small_images(recipe, size), seed)
        case FolderSet():
            decoded = Decoded(data.train, photographs(recipe, size), seed)
        case MaskSet():
            change = WithMask(size, len(data.classes), recipe)
            decoded = DecodedMasks(data.train, change, seed)
        case TensorSet():
            refuse_small_images(recipe, "fields are not changed", "flip")
            return TrainTensors(data.train, device, seed, share)
    return TrainStream(decoded, (data.mean, data.std), device, workers, share)


def make_held_out(
    data: DataSet,
    input_shape: tuple[int, ...],
    device: torch.device,
    workers: int,
    batch: int | None = None,
    raw: bool = False,
) -> Iterable[Batch]:
    """This process's part of the held-out samples, ``batch`` at a time.

    Normalised unless ``raw`` (pixels in 0..1). Raises SpecError if some process had none.
    """
    batch = batch or held_out_batch(data)
    rank, ranks, channels = world().rank, world().size, len(data.mean)
    if (found := held_out_images(data)) < ranks:
        raise SpecError(
            f"{data.name} has {found} held-out samples, and there are {ranks} processes",
            hint="fewer processes, or more samples",
        )
    size = input_shape[-2:]
    mean: Sequence[float] = (0.0,) * channels if raw else data.mean
    std: Sequence[float] = (1.0,) * channels if raw else data.std
    match data:
        case ImageSet():
            return HeldOutBatches(data.test, (mean, std), batch, device, rank, ranks)
        case FolderSet():
            decoded = Decoded(data.test, centred(size), seed=0)
        case MaskSet():
            decoded = DecodedMasks(data.test, WithMask(size, len(data.classes)), seed=0)
        case TensorSet():
            return HeldOutTensors(data.test, batch, device, rank, ranks)
    share = Share(batch * ranks, rank, ranks)
    return HeldOutStream(decoded, (mean, std), device, workers, share)
