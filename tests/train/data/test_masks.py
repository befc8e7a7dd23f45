"""Images with a class for every pixel, in the formats of their archives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import make_feed, make_held_out
from mgiad_dsl.train.data.masks import VOC
from mgiad_dsl.train.data.sets import Where, held_out_images, spread
from mgiad_dsl.train.recipes.recipe import load_recipe
from tests.train.dense import write_pairs, write_pets, write_voc

CPU = torch.device("cpu")
SHAPE = (3, 16, 16)
RECIPE = load_recipe("segmentation", {"batch": 2})


def numbers(data) -> set[int]:
    batches = make_held_out(data, SHAPE, CPU, workers=0)
    return {int(n) for _, labels in batches for n in labels.unique()}


def test_pets(tmp_path) -> None:
    write_pets(tmp_path)
    data = open_data("pets", Where(tmp_path))
    assert data.classes == ("animal", "background", "border")
    assert held_out_images(data) == 4
    assert numbers(data) == {0, 1, 2}


def test_voc(tmp_path) -> None:
    write_voc(tmp_path)
    data = open_data("voc", Where(tmp_path))
    assert data.classes == VOC
    assert len(VOC) == 21
    found = numbers(data)
    assert {0, 255} < found
    assert all(n < 21 or n == 255 for n in found)


@pytest.mark.parametrize("held_out", ["val", "test"])
def test_pairs(tmp_path, held_out) -> None:
    write_pairs(tmp_path, held_out=held_out)
    data = open_data(f"maskfolder:{tmp_path}", output=(3,))
    assert data.classes == ("0", "1", "2")
    assert numbers(data) <= {0, 1, 2, 255}
    (tmp_path / "classes.txt").write_text("ground\nsquare\ncircle\n")
    assert open_data(f"maskfolder:{tmp_path}", output=(9,)).classes == (
        "ground",
        "square",
        "circle",
    )
    assert held_out_images(spread(data, 2)) == 2


def test_images_and_masks_are_changed_alike(tmp_path) -> None:
    """The image is its own mask: whatever part is taken and mirrored, they agree."""
    for part in ("train", "val"):
        for folder in ("images", "masks"):
            (tmp_path / part / folder).mkdir(parents=True)
        labels = np.zeros((24, 24), dtype=np.uint8)
        labels[:12, :12] = 1
        labels[12:, :12] = 2
        Image.fromarray(100 * labels).convert("RGB").save(tmp_path / part / "images" / "a.png")
        Image.fromarray(labels).save(tmp_path / part / "masks" / "a.png")
    data = open_data(f"maskfolder:{tmp_path}", output=(3,))
    feed = make_feed(data, RECIPE.model_copy(update={"batch": 1}), SHAPE, CPU, 0, 0)
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (data.mean, data.std))
    sides = set()
    for epoch in range(12):
        for images, labels in feed.epoch(epoch):
            grey = 255 * (images * std + mean)[0, 0]
            wrong = (grey / 100 - labels[0]).abs() > 0.5
            assert wrong.float().mean() < 0.15  # but for the edges, which are mixed
            sides.add(bool(labels[0, :, 0].sum() > labels[0, :, -1].sum()))
    assert sides == {True, False}  # mirrored or not


def test_batches_are_the_same_whenever_they_are_drawn(tmp_path) -> None:
    write_pairs(tmp_path)
    data = open_data(f"maskfolder:{tmp_path}", output=(3,))
    feed = make_feed(data, RECIPE, SHAPE, CPU, 0, 0)
    whole = list(feed.epoch(1))
    assert len(whole) == len(feed) == 2
    ((images, labels),) = feed.epoch(1, start=1)
    assert torch.equal(images, whole[1][0])
    assert torch.equal(labels, whole[1][1])
    assert not torch.equal(whole[0][0], next(iter(feed.epoch(0)))[0])
    image, target = feed.example()
    assert (image.shape, target.shape) == (SHAPE, SHAPE[1:])


def test_data_that_are_wrong(tmp_path) -> None:
    for name in ("pets", "voc"):
        with pytest.raises(SpecError, match=f"{name} cannot be read") as error:
            open_data(name, Where(tmp_path))
        assert "--download" in error.value.hint
        with pytest.raises(SpecError, match="takes nothing after it"):
            open_data(f"{name}:x")
    with pytest.raises(SpecError, match="needs the path"):
        open_data("maskfolder:")
    with pytest.raises(SpecError, match="train/images: No such file") as error:
        open_data(f"maskfolder:{tmp_path}")
    assert "train/masks/NAME.png" in error.value.hint
    write_pairs(tmp_path, classes=9)
    with pytest.raises(SpecError, match=r"a pixel of class \d; .* classes 0 to 0, and 255"):
        numbers(open_data(f"maskfolder:{tmp_path}", output=(1,)))
    (tmp_path / "train" / "masks" / "2.png").unlink()
    with pytest.raises(SpecError, match=r"2\.jpg has no mask"):
        open_data(f"maskfolder:{tmp_path}")


def test_masks_in_colours_are_refused(tmp_path) -> None:
    write_pairs(tmp_path, n=1)
    path = tmp_path / "val" / "masks" / "0.png"
    Image.open(path).convert("RGB").save(path)
    with pytest.raises(SpecError, match="3 channels"):
        numbers(open_data(f"maskfolder:{tmp_path}", output=(3,)))


def test_recipes_for_small_images_are_refused(tmp_path) -> None:
    write_pairs(tmp_path)
    data = open_data(f"maskfolder:{tmp_path}", output=(3,))
    with pytest.raises(SpecError, match="crop and cutout") as error:
        make_feed(data, load_recipe("fast", {"batch": 2}), SHAPE, CPU, 0, 0)
    assert error.value.hint.startswith("--with crop=0 cutout=0")
