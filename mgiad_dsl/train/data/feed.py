"""Any DataLoader as a source of training batches that can be entered at any point."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader

from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.machine.distributed import world
from mgiad_dsl.train.machine.placing import as_inputs
from mgiad_dsl.train.machine.rng import seeded
from mgiad_dsl.train.machine.seeds import seed_for


class Feed(Protocol):
    """Training batches by epoch: inputs and targets, images (n, C, H, W) and labels (n,) say."""

    def __len__(self) -> int:
        """Batches in an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Batches ``start``, ``start + 1``, ... of an epoch."""

    def size(self) -> int:
        """Samples in a batch."""

    def example(self) -> Batch:
        """Inputs and target of a sample like those in the batches: (C, H, W) and ()."""

    def compile(self, say: Callable[[str], None]) -> None:
        """Compile what is computed on the device; if that fails, tell ``say``."""


class LoaderFeed:
    """A DataLoader whose order and random transforms are functions of seed, epoch and batch.

    The generators of the loader and its samplers are seeded for each epoch, the global ones
    for each batch (and put back afterwards), so that batches before ``start`` can be drawn
    and dropped. Exact unless workers are persistent, which carry random numbers from one
    epoch to the next, or the dataset has a generator of its own.
    """

    def __init__(self, loader: DataLoader, seed: int) -> None:
        self.loader, self.seed = loader, seed

    def __len__(self) -> int:
        return len(self.loader)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        begin_epoch(self.loader, epoch, seed_for(self.seed, epoch))
        rank = world().rank  # each process has other images, and changes them in its own way
        with seeded(seed_for(self.seed, epoch, rank)):
            batches = iter(self.loader)
        for number in range(len(self)):
            with seeded(seed_for(self.seed, epoch, number, rank)):
                batch = next(batches, None)
            if batch is None:
                return
            inputs, targets = batch
            if number >= start:
                yield inputs, targets

    def size(self) -> int:
        return self.first[1]

    def example(self) -> Batch:
        return self.first[0]

    @cached_property
    def first(self) -> tuple[Batch, int]:
        """A sample of the first batch, and how many that holds: only a batch tells what
        ``collate_fn`` and a ``batch_sampler`` make.
        """
        inputs, targets = next(self.epoch(0))
        sample = tuple(each[0].clone() for each in as_inputs(inputs))
        return (sample, targets[0].clone()), len(targets)

    def compile(self, say: Callable[[str], None]) -> None:
        """Nothing to compile: a DataLoader computes on the CPU."""


def begin_epoch(loader: DataLoader, epoch: int, seed: int) -> None:
    """Tell the samplers of a loader the epoch, and seed the generators it and they have."""
    inner = getattr(loader.batch_sampler, "sampler", None)
    parts: list[Any] = [loader, loader.sampler, loader.batch_sampler, inner]
    for part in parts:
        if hasattr(part, "set_epoch"):
            part.set_epoch(epoch)
        own = getattr(part, "generator", None)
        if isinstance(own, torch.Generator):
            own.manual_seed(seed)


def as_feed(train: Feed | DataLoader, seed: int) -> Feed:
    return LoaderFeed(train, seed) if isinstance(train, DataLoader) else train
