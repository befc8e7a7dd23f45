"""Small data sets live on the device: no workers, no copies, augmentation in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.augment import DRAWS, Augment, normalise
from mgiad_dsl.train.data.sets import Batch, Images, ImageSet
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.machine.compilation import compile_function
from mgiad_dsl.train.machine.seeds import generator_for
from mgiad_dsl.train.network import shown
from mgiad_dsl.train.recipes.recipe import Recipe


class TrainBatches:
    """Augmented, normalised training batches of an in-memory data set, on ``device``."""

    def __init__(
        self, data: ImageSet, recipe: Recipe, device: torch.device, seed: int, share: Share
    ) -> None:
        if recipe.crop >= min(data.shape[1:]):
            raise SpecError(
                f"crop {recipe.crop} is too much for images of {shown(data.shape)}",
                hint=f"--with crop={min(data.shape[1:]) - 1} at most",
            )
        self.pixels = data.train.pixels.to(device)
        self.labels = data.train.labels.to(device)
        self.augment: Callable[[Tensor, Tensor], Tensor] = Augment(data, recipe, device)
        self.seed, self.share = seed, share
        self.parts = share.count(len(self.labels))

    def __len__(self) -> int:
        """Parts of batches in an epoch: optimiser steps times parts."""
        return self.parts

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Parts ``start``, ``start + 1``, ... of an epoch: images (n, C, H, W), labels (n,)."""
        generator, images = generator_for(self.seed, epoch), len(self.labels)
        order = torch.randperm(images, generator=generator).to(self.labels.device)
        draws = torch.rand(images, DRAWS, generator=generator).to(self.labels.device)
        for place in self.share.places(images, start):
            chosen = order[place]
            yield self.augment(self.pixels[chosen], draws[place]), self.labels[chosen]

    def size(self) -> int:
        return self.share.part

    def example(self) -> Batch:
        images, labels = next(self.epoch(0))
        return images[0], labels[0]

    def compile(self, say: Callable[[str], None]) -> None:
        """Fuse the hundreds of small kernels of AutoAugment in batches."""
        n = self.share.part
        draws = torch.zeros(n, DRAWS, device=self.labels.device)
        self.augment = compile_function(self.augment, (self.pixels[:n], draws), say)


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

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for start in range(0, len(self.labels), self.batch):
            chosen = slice(start, start + self.batch)
            yield normalise(self.pixels[chosen], self.mean, self.std), self.labels[chosen]
