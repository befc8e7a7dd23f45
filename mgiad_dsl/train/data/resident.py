"""Small data sets live on the device: no workers, no copies, augmentation in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mgiad_dsl.source import SpecError
from mgiad_dsl.train.data.augment import CUTOUT, DRAWS, augment, cutout, normalise
from mgiad_dsl.train.data.seeds import seed_for
from mgiad_dsl.train.data.sets import Images, ImageSet, size
from mgiad_dsl.train.recipe import Recipe

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Share:
    """Which part of every batch this process takes, and in how many parts.

    The batch of a recipe is that of one optimiser step over all ``ranks``.
    """

    batch: int
    rank: int = 0
    ranks: int = 1
    parts: int = 1

    def __post_init__(self) -> None:
        if self.batch % (self.ranks * self.parts):
            raise SpecError(
                f"batch {self.batch} does not divide over {self.ranks} processes "
                f"in {self.parts} parts each",
                hint=f"--with batch={self.ranks * self.parts * max(1, self.part)}",
            )

    @property
    def part(self) -> int:
        """Images in one part."""
        return self.batch // (self.ranks * self.parts)

    def steps(self, images: int) -> int:
        """Optimiser steps in an epoch; the incomplete batch at its end is left out."""
        if images < self.batch:
            unit = self.ranks * self.parts
            raise SpecError(
                f"a batch of {self.batch} is more than the {images} training images",
                hint=f"--with batch={images // unit * unit}",
            )
        return images // self.batch

    def slice(self, part: int) -> slice:
        """Where part ``part`` of this process lies in a batch."""
        start = (part * self.ranks + self.rank) * self.part
        return slice(start, start + self.part)


class TrainBatches:
    """Augmented, normalised training batches of an in-memory data set, on ``device``."""

    def __init__(
        self, data: ImageSet, recipe: Recipe, device: torch.device, seed: int, share: Share
    ) -> None:
        if recipe.crop >= min(data.shape[1:]):
            raise SpecError(f"crop {recipe.crop} is too much for images of {size(data.shape)}")
        self.pixels = data.train.pixels.to(device)
        self.labels = data.train.labels.to(device)
        self.mean = torch.tensor(data.mean, device=device)
        self.std = torch.tensor(data.std, device=device)
        self.recipe, self.seed, self.share = recipe, seed, share
        self.steps = share.steps(len(self.labels))

    def __len__(self) -> int:
        """Parts of batches in an epoch: optimiser steps times parts."""
        return self.steps * self.share.parts

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Parts ``start``, ``start + 1``, ... of an epoch: images (n, C, H, W), labels (n,)."""
        generator = torch.Generator(self.pixels.device)
        generator.manual_seed(seed_for(self.seed, epoch))
        order = torch.randperm(len(self.labels), generator=generator, device=self.pixels.device)
        for number in range(start, len(self)):
            step, part = divmod(number, self.share.parts)
            generator.manual_seed(seed_for(self.seed, epoch, step))
            draws = torch.rand(
                self.share.batch, DRAWS, generator=generator, device=self.pixels.device
            )
            chosen = order[step * self.share.batch :][self.share.slice(part)]
            yield self.make(chosen, draws[self.share.slice(part)])

    def size(self) -> int:
        return self.share.part

    def example(self) -> Tensor:
        """A normalised image (C, H, W)."""
        return normalise(self.pixels[:1], self.mean, self.std)[0]

    def make(self, chosen: Tensor, draws: Tensor) -> Batch:
        pixels = augment(self.pixels[chosen], draws, self.recipe)
        images = normalise(pixels, self.mean, self.std)
        if self.recipe.cutout:
            images = cutout(images, draws[:, CUTOUT], self.recipe.cutout)
        return images, self.labels[chosen]


class HeldOutBatches:
    """Held-out images in order; rank r of R takes every R-th image from r."""

    def __init__(
        self,
        images: Images,
        statistics: tuple[Sequence[float], Sequence[float]],
        batch: int,
        device: torch.device,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self.pixels = images.pixels[rank::ranks].to(device)
        self.labels = images.labels[rank::ranks].to(device)
        self.mean, self.std = (torch.tensor(values, device=device) for values in statistics)
        self.batch = batch

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self.labels), self.batch):
            chosen = slice(start, start + self.batch)
            yield normalise(self.pixels[chosen], self.mean, self.std), self.labels[chosen]
