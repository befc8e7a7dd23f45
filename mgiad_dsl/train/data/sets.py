"""Data sets as the trainer sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from torch import Tensor
from torch.utils.data import Dataset, Subset

from mgiad_dsl.train.data.problems import Problem

Batch = tuple[Tensor | tuple[Tensor, ...], Tensor]  # inputs (n, ...): several are a tuple; targets


@dataclass(frozen=True)
class Where:
    """Where data sets lie, and whether and from where they may be fetched."""

    folder: Path = Path("data")
    download: bool = False
    mirror: str | None = None


class Images(NamedTuple):
    """Images in memory: pixels (n, C, H, W) uint8 and labels (n,) int64; also signals (n, C, N)
    and volumes (n, C, D, H, W).
    """

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
    def shape(self) -> tuple[int, ...]:
        """Channels, height and width of an image."""
        return tuple(self.train.pixels.shape[1:])


@dataclass(frozen=True)
class FolderSet:
    """A large data set of image files: datasets of (PIL image, label), read while training."""

    name: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train: Dataset
    test: Dataset


@dataclass(frozen=True)
class MaskSet:
    """Image files with a class for every pixel: datasets of (PIL image, PIL mask), read while
    training. A mask holds numbers of ``classes``, and 255 where it does not say.
    """

    name: str
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train: Dataset
    test: Dataset


class Tensors(NamedTuple):
    """Samples in memory: float32 inputs (n, ...), and float32 targets (n, ...) or int64 labels."""

    inputs: tuple[Tensor, ...]
    targets: Tensor


@dataclass(frozen=True)
class TensorSet:
    """Fields, or any other tensors, held in memory whole. ``inputs`` are their names.

    ``classes`` are those of labels, none of fields. ``problem`` is what solutions solve.
    """

    name: str
    inputs: tuple[str, ...]
    train: Tensors
    test: Tensors
    classes: tuple[str, ...] = ()
    problem: Problem | None = None
    mean: tuple[float, ...] = ()  # nothing is normalised
    std: tuple[float, ...] = ()

    def arranged(self, chosen: Sequence[str]) -> TensorSet:
        """The same with some of the inputs, in this order."""
        places = [self.inputs.index(name) for name in chosen]

        def of(part: Tensors) -> Tensors:
            return Tensors(tuple(part.inputs[place] for place in places), part.targets)

        return replace(self, inputs=tuple(chosen), train=of(self.train), test=of(self.test))


DataSet = ImageSet | FolderSet | MaskSet | TensorSet


def held_out_images(data: DataSet) -> int:
    """How many images, or other samples, are held out."""
    match data:
        case ImageSet():
            return len(data.test.labels)
        case TensorSet():
            return len(data.test.targets)
        case FolderSet() | MaskSet():
            return len(data.test)  # type: ignore[arg-type]


def spread(data: DataSet, images: int) -> DataSet:
    """The data set with at most so many held-out images, spread evenly over all of them.

    Folders list one class after the other: the first images would be of a few classes only.
    """
    total = held_out_images(data)
    images = min(images, total)
    places = [number * total // images for number in range(images)]
    match data:
        case ImageSet():
            return replace(data, test=Images(data.test.pixels[places], data.test.labels[places]))
        case TensorSet():
            inputs = tuple(each[places] for each in data.test.inputs)
            return replace(data, test=Tensors(inputs, data.test.targets[places]))
        case FolderSet() | MaskSet():
            return replace(data, test=Subset(data.test, places))
