"""Data sets as the trainer sees them, and whether a network fits one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torch.utils.data import Dataset, Subset

from mgiad_dsl.base.source import SpecError

Batch = tuple[Tensor, Tensor]  # images (n, C, H, W), labels (n,)


@dataclass(frozen=True)
class Where:
    """Where data sets lie, and whether and from where they may be fetched."""

    folder: Path = Path("data")
    download: bool = False
    mirror: str | None = None


class Images(NamedTuple):
    """Images in memory: pixels (n, C, H, W) uint8 and labels (n,) int64."""

    pixels: Tensor
    labels: Tensor


@dataclass(frozen=True)
class ImageSet:
    """A small data set, held in memory whole. ``mean`` and ``std`` are for pixels in 0..1."""

    name: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train: Images
    test: Images

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.train.pixels.shape[1:]
        return channels, height, width


@dataclass(frozen=True)
class FolderSet:
    """A large data set of image files: datasets of (PIL image, label), read while training."""

    name: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train: Dataset
    test: Dataset


DataSet = ImageSet | FolderSet


def held_out_images(data: DataSet) -> int:
    """How many images are held out."""
    return len(data.test.labels if isinstance(data, ImageSet) else data.test)  # type: ignore[arg-type]


def spread(data: DataSet, images: int) -> DataSet:
    """The data set with at most so many held-out images, spread evenly over all of them.

    Folders list one class after the other: the first images would be of a few classes only.
    """
    total = held_out_images(data)
    images = min(images, total)
    places = [number * total // images for number in range(images)]
    if isinstance(data, ImageSet):
        return replace(data, test=Images(data.test.pixels[places], data.test.labels[places]))
    return replace(data, test=Subset(data.test, places))


def check_fit(data: DataSet, input_shape: tuple[int, int, int], outputs: int) -> None:
    """Raise SpecError unless a network of this input and output suits the data.

    The hint is the ``--set`` that mends it. Image files are resized to the network's size,
    so only their channels count.
    """
    channels, height, width = input_shape
    wanted = data.shape if isinstance(data, ImageSet) else (3, height, width)
    changes = []
    if channels != wanted[0]:
        changes.append(f"in_channels={wanted[0]}")
    if (height, width) != wanted[1:]:
        changes.append(f"size={wanted[1]}")
    if outputs != len(data.classes):
        changes.append(f"classes={len(data.classes)}")
    if changes:
        raise SpecError(
            f"{data.name} has {size(wanted)} images in {len(data.classes)} classes, "
            f"the network takes {size(input_shape)} images and has {outputs} outputs",
            hint=f"--set {' '.join(changes)}",
        )


def size(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
