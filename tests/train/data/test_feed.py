"""A DataLoader as a feed: the same batches wherever an epoch is entered."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    WeightedRandomSampler,
)

from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.data.feed import LoaderFeed
from mgiad_dsl.train.machine.rng import rng_state

BATCHES, BATCH = 4, 3


class Noise(Dataset):
    """Images (3, 4, 4) of index, and a number from each of three global generators."""

    def __len__(self) -> int:
        return BATCHES * BATCH

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        drawn = random.random() + np.random.rand() * 10 + torch.rand(()).item() * 100
        return torch.full((3, 4, 4), index * 1000 + drawn), index % 2


def sampled(sampler) -> DataLoader:
    return DataLoader(Noise(), BATCH, sampler=sampler)


def batch_sampled(sampler) -> DataLoader:
    return DataLoader(Noise(), batch_sampler=BatchSampler(sampler, BATCH, drop_last=False))


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(1)


LOADERS = {
    "plain": lambda: DataLoader(Noise(), BATCH),
    "shuffled": lambda: DataLoader(Noise(), BATCH, shuffle=True),
    "own generator": lambda: DataLoader(Noise(), BATCH, shuffle=True, generator=generator()),
    "workers": lambda: DataLoader(Noise(), BATCH, shuffle=True, num_workers=2),
    "sampler": lambda: sampled(RandomSampler(Noise(), generator=generator())),
    "weights": lambda: sampled(
        WeightedRandomSampler([1.0] * 12, BATCHES * BATCH, generator=generator())
    ),
    "batch sampler": lambda: batch_sampled(RandomSampler(Noise(), generator=generator())),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS.keys())
def test_an_epoch_entered_anywhere_is_the_same(make) -> None:
    feed = LoaderFeed(make(), seed=5)
    whole = [images for epoch in range(2) for images, _ in feed.epoch(epoch)]
    again = LoaderFeed(make(), seed=5)
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    entered = [images for images, _ in again.epoch(1, start=2)]
    assert len(entered) == 2
    for ours, theirs in zip(entered, whole[BATCHES + 2 :], strict=True):
        assert torch.equal(ours, theirs)
    assert not torch.equal(whole[0], whole[BATCHES])  # epochs differ


def assert_untouched(before: dict) -> None:
    now = rng_state()
    assert torch.equal(now["torch"], before["torch"])
    assert now["python"] == before["python"]
    assert now["numpy"] == before["numpy"]


def test_global_generators_are_put_back() -> None:
    feed = LoaderFeed(LOADERS["shuffled"](), seed=0)
    before = rng_state()
    feed.example()
    assert_untouched(before)
    for _ in feed.epoch(0):
        assert_untouched(before)  # between batches too
    assert_untouched(before)


class Epochs(SequentialSampler):
    """Remembers what it was told."""

    told = None

    def set_epoch(self, epoch: int) -> None:
        self.told = epoch


@pytest.mark.parametrize("make", [sampled, batch_sampled])
def test_samplers_are_told_the_epoch(make) -> None:
    sampler = Epochs(Noise())
    next(LoaderFeed(make(sampler), seed=0).epoch(7))
    assert sampler.told == 7


def halved(samples) -> tuple[torch.Tensor, torch.Tensor]:
    """Images half as large as the dataset's, and one channel of three."""
    images, labels = zip(*samples, strict=True)
    return torch.stack(images)[:, :1, ::2, ::2], torch.tensor(labels)


def test_example_and_size_are_those_of_a_batch() -> None:
    loader = DataLoader(
        Noise(), batch_sampler=BatchSampler(range(12), BATCH, False), collate_fn=halved
    )
    feed = LoaderFeed(loader, seed=0)
    assert [each.shape for each in feed.example()[0]] == [(1, 2, 2)]
    assert feed.size() == BATCH
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    fit(model, loader, Recipe(epochs=1, lr=1e-6), device="cpu")


def test_one_batch_is_drawn_for_example_and_size() -> None:
    drawn = []

    def collate(samples):
        drawn.append(len(samples))
        return halved(samples)

    feed = LoaderFeed(DataLoader(Noise(), BATCH, collate_fn=collate), seed=0)
    assert torch.equal(feed.example()[0][0], feed.example()[0][0])
    assert feed.size() == BATCH
    assert drawn == [BATCH]


@pytest.mark.parametrize("workers", [0, 1])
def test_processes_change_their_images_in_their_own_ways(workers, monkeypatch) -> None:
    first = next(LoaderFeed(DataLoader(Noise(), BATCH, num_workers=workers), 0).epoch(0))[0]
    monkeypatch.setenv("RANK", "1")
    other = next(LoaderFeed(DataLoader(Noise(), BATCH, num_workers=workers), 0).epoch(0))[0]
    assert torch.equal(first // 1000, other // 1000)
    assert not torch.equal(first, other)
