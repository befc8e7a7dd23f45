"""What a CUDA graph is captured with: else no step would be one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.feed import Feed, as_feed
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.loop.fit import batch_like
from mgiad_dsl.train.machine.placing import as_inputs
from mgiad_dsl.train.recipes.recipe import Recipe
from tests.train.dense import write_pairs
from tests.train.formats import write_folder


def feed_of(kind: str, folder: Path) -> Feed:
    if kind == "loader":
        data = TensorDataset(torch.randn(5, 3, 8, 8), torch.zeros(5, dtype=torch.int32))
        return as_feed(DataLoader(data, batch_size=2), 0)
    write_folder(folder / "photos")
    write_pairs(folder / "pairs")
    name, augment_on = {
        "images": ("fake:3x16x16:10:6", "device"),
        "workers": ("fake:3x16x16:10:6", "workers"),
        "photographs": (f"imagefolder:{folder / 'photos'}", "device"),
        "masks": (f"maskfolder:{folder / 'pairs'}", "device"),
    }[kind]
    recipe = Recipe(batch=2, augment_on=augment_on)
    return make_feed(open_data(name, output=(3,)), recipe, (3, 16, 16), torch.device("cpu"), 0, 0)


@pytest.mark.parametrize("kind", ["loader", "images", "workers", "photographs", "masks"])
def test_it_is_like_the_batches(kind, tmp_path) -> None:
    feed = feed_of(kind, tmp_path)
    (inputs, targets), (ours, our_targets) = next(feed.epoch(0)), batch_like(feed)
    for one, other in zip((*as_inputs(inputs), targets), (*ours, our_targets), strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
