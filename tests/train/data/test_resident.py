from __future__ import annotations

import pytest
import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.resident import HeldOutBatches, TrainBatches
from mgiad_dsl.train.data.sets import held_out_images, spread
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.recipes.recipe import Recipe

RECIPE = Recipe(batch=64, crop=1, flip=True, cutout=2)


def batches(data, cpu, epoch=0, start=0, seed=0, **share):
    feed = TrainBatches(data, RECIPE, cpu, seed, Share(64, **share))
    return list(feed.epoch(epoch, start))


def test_an_epoch_shows_each_image_at_most_once(tiny, cpu) -> None:
    plain = Recipe(batch=64)
    feed = TrainBatches(tiny, plain, cpu, 0, Share(64))
    assert len(feed) == 3
    images = torch.cat([images for images, _ in feed.epoch(0)])
    assert images.shape == (192, 1, 8, 8)
    assert len(images.flatten(1).unique(dim=0)) == 192


def test_batches_are_functions_of_seed_epoch_and_place(tiny, cpu) -> None:
    first, again = batches(tiny, cpu), batches(tiny, cpu)
    for (a, x), (b, y) in zip(first, again, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(x, y)
    entered = batches(tiny, cpu, start=2)
    assert torch.equal(entered[0][0], first[2][0])
    assert not torch.equal(batches(tiny, cpu, epoch=1)[0][0], first[0][0])
    assert not torch.equal(batches(tiny, cpu, seed=1)[0][0], first[0][0])


def test_ranks_and_parts_divide_the_same_batch(tiny, cpu) -> None:
    whole = batches(tiny, cpu)
    shares = [batches(tiny, cpu, rank=rank, ranks=2, parts=2) for rank in range(2)]
    for step in range(3):
        pieces = [shares[rank][2 * step + part] for part in range(2) for rank in range(2)]
        assert torch.equal(torch.cat([images for images, _ in pieces]), whole[step][0])
        assert torch.equal(torch.cat([labels for _, labels in pieces]), whole[step][1])


def test_held_out_images_are_each_seen_once(tiny, cpu) -> None:
    parts = [
        list(HeldOutBatches(tiny.test, ((0.0,), (1.0,)), 16, cpu, rank, 3)) for rank in range(3)
    ]
    images = torch.cat([images for part in parts for images, _ in part])
    expected = tiny.test.pixels.float() / 255
    assert len(images) == len(expected) == 40
    torch.testing.assert_close(images.sum(), expected.sum())


def test_a_few_held_out_images_are_spread_evenly(tiny) -> None:
    few = spread(tiny, 16)
    places = [0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 30, 32, 35, 37]  # of 40
    assert torch.equal(few.test.pixels, tiny.test.pixels[places])
    assert torch.equal(few.test.labels, tiny.test.labels[places])
    assert torch.equal(few.train.pixels, tiny.train.pixels)
    assert [held_out_images(spread(tiny, n)) for n in (0, 1, 39, 40, 1000)] == [0, 1, 39, 40, 40]


def test_sizes_that_do_not_work(tiny, cpu) -> None:
    with pytest.raises(SpecError, match="more than the 200 training images") as error:
        TrainBatches(tiny, Recipe(batch=256), cpu, 0, Share(256))
    assert error.value.hint == "--with batch=200"
    with pytest.raises(SpecError, match="does not divide over 3 processes"):
        Share(64, ranks=3)
    with pytest.raises(SpecError, match="crop 8 is too much") as error:
        TrainBatches(tiny, Recipe(batch=64, crop=8), cpu, 0, Share(64))
    assert error.value.hint == "--with crop=7 at most"
