"""Any DataLoader as a source of training batches that can be entered at any point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mgiad_dsl.train.data.seeds import seed_for

Batch = tuple[Tensor, Tensor]


class Feed(Protocol):
    """Training batches by epoch: images (n, C, H, W) and labels (n,)."""

    def __len__(self) -> int:
        """Batches in an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Batches ``start``, ``start + 1``, ... of an epoch."""

    def size(self) -> int:
        """Images in a batch."""

    def example(self) -> Tensor:
        """An image (C, H, W) like those in the batches."""

    def compile(self, say: Callable[[str], None]) -> None:
        """Compile what is computed on the device; if that fails, tell ``say``."""


class LoaderFeed:
    """A DataLoader whose order and random transforms are functions of seed, epoch and batch.

    Its own generator is seeded for each epoch, the global one for each batch (and put back
    afterwards), so that batches before ``start`` can be drawn and dropped. Exact unless
    workers are persistent: those carry random numbers from one epoch to the next.
    """

    def __init__(self, loader: DataLoader, seed: int) -> None:
        self.loader, self.seed = loader, seed

    def __len__(self) -> int:
        return len(self.loader)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        if hasattr(self.loader.sampler, "set_epoch"):
            self.loader.sampler.set_epoch(epoch)
        if self.loader.generator is not None:
            self.loader.generator.manual_seed(seed_for(self.seed, epoch))
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_for(self.seed, epoch))
            batches = iter(self.loader)
        for number in range(len(self)):
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(seed_for(self.seed, epoch, number))
                images, labels = next(batches)
            if number >= start:
                yield images, labels

    def size(self) -> int:
        return self.loader.batch_size or 1

    def example(self) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            return self.loader.dataset[0][0]

    def compile(self, say: Callable[[str], None]) -> None:
        """Nothing to compile: a DataLoader computes on the CPU."""


def as_feed(train: Feed | DataLoader, seed: int) -> Feed:
    return LoaderFeed(train, seed) if isinstance(train, DataLoader) else train
