"""One's own inputs and targets."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import make_feed, make_held_out
from mgiad_dsl.train.data.sets import held_out_images, spread
from mgiad_dsl.train.recipes.recipe import Recipe, load_recipe

CPU = torch.device("cpu")


def written(path: Path, **tensors: torch.Tensor) -> str:
    save_file(tensors, path)
    return f"tensors:{path}"


def fields(n: int, part: str = "") -> dict[str, torch.Tensor]:
    named = {
        "b": torch.randn(n, 1, 6).double(),
        "a": torch.randn(n, 2, 6),
        "target": torch.randn(n, 1, 6),
    }
    return {part + name: tensor for name, tensor in named.items()}


def test_one_file_and_two(tmp_path) -> None:
    train, test = fields(5), fields(3)
    prefixed = {f"train.{k}": v for k, v in train.items()} | {
        f"test.{k}": v for k, v in test.items()
    }
    one = open_data(written(tmp_path / "one.safetensors", **prefixed))
    save_file(train, tmp_path / "train.safetensors")
    save_file(test, tmp_path / "test.safetensors")
    two = open_data(f"tensors:{tmp_path}/train.safetensors,{tmp_path}/test.safetensors")
    for data in (one, two):
        assert data.inputs == ("a", "b")
        assert data.classes == ()
        assert torch.equal(data.train.inputs[0], train["a"])
        assert torch.equal(data.test.inputs[1], test["b"].float())
        assert held_out_images(data) == 3
    swapped = one.arranged(["b"])
    assert torch.equal(swapped.train.inputs[0], train["b"].float())
    assert held_out_images(spread(one, 2)) == 2


def test_batches(tmp_path) -> None:
    tensors = fields(7, "train.") | fields(3, "test.")
    data = open_data(written(tmp_path / "one.safetensors", **tensors))
    feed = make_feed(data, Recipe(batch=2), (), CPU, 0, 0)
    assert (len(feed), feed.size()) == (3, 2)
    whole = list(feed.epoch(0))
    ((inputs, targets),) = feed.epoch(0, start=2)
    assert torch.equal(targets, whole[2][1])
    assert [each.shape for each in inputs] == [(2, 2, 6), (2, 1, 6)]
    place = [row.tolist() for row in data.train.targets].index(targets[0].tolist())
    assert torch.equal(inputs[1][0], data.train.inputs[1][place])
    assert [len(t) for _, t in make_held_out(data, (), CPU, 0, batch=2)] == [2, 1]
    with pytest.raises(SpecError, match="recipe fast has crop and cutout and flip"):
        make_feed(data, load_recipe("fast"), (), CPU, 0, 0)


def test_labels(tmp_path) -> None:
    images = {"train.x": torch.randn(4, 3, 5, 5), "test.x": torch.randn(2, 3, 5, 5)}
    labels = {"train.target": torch.tensor([0, 2, 1, 0]), "test.target": torch.tensor([3, 0])}
    data = open_data(written(tmp_path / "a.safetensors", **images, **labels))
    assert data.classes == ("0", "1", "2", "3")
    pixels = {"train.target": torch.zeros(4, 5, 5, dtype=torch.uint8)}
    pixels["test.target"] = torch.full((2, 5, 5), 255, dtype=torch.uint8)
    pixels["test.target"][0, 0] = 1
    data = open_data(written(tmp_path / "b.safetensors", **images, **pixels))
    assert data.classes == ("0", "1")
    assert data.train.targets.dtype == torch.int64


GOOD = fields(2, "train.") | fields(2, "test.")
WRONG = {
    "no target": (
        {k: v for k, v in GOOD.items() if k != "test.target"},
        "target is not both",
    ),
    "no input": ({k: v for k, v in GOOD.items() if "target" in k}, "lacks an input or the target"),
    "no part": ({"a": torch.zeros(2)}, "it has nothing"),
    "counts": (GOOD | {"train.a": torch.zeros(3, 2, 6)}, "3 of a, 2 of b, 2 of target"),
    "empty": ({k: v[:0] for k, v in GOOD.items()}, "not as many samples"),
    "scalar": (GOOD | {"train.a": torch.zeros(())}, "0 of a"),
    "shapes": (GOOD | {"test.a": torch.zeros(2, 2, 7)}, "differ in shape"),
    "kinds": (GOOD | {"test.target": torch.zeros(2, 1, 6).long()}, "differ in shape or kind"),
    "names": (GOOD | {"test.c": torch.zeros(2)}, "c is not both in training and held out"),
    "nan": (GOOD | {"test.a": torch.full((2, 2, 6), torch.nan)}, "a has NaN or infinite"),
    "negative": (
        GOOD | {f"{p}.target": torch.tensor([-1, 0]) for p in ("train", "test")},
        "from 0 on",
    ),
}


@pytest.mark.parametrize(("tensors", "message"), WRONG.values(), ids=WRONG.keys())
def test_files_that_are_wrong(tensors, message, tmp_path) -> None:
    with pytest.raises(SpecError, match=message):
        open_data(written(tmp_path / "file.safetensors", **tensors))


def test_files_that_cannot_be_read(tmp_path) -> None:
    (tmp_path / "damaged").write_bytes(b"nonsense")
    for path, message in (
        (tmp_path / "none", "cannot be read"),
        (tmp_path / "damaged", "is damaged"),
    ):
        with pytest.raises(SpecError, match=message) as error:
            open_data(f"tensors:{path}")
        assert "train.INPUT" in error.value.hint
    for path in ("", "a,b,c"):
        with pytest.raises(SpecError, match="needs the path of a file, or of two"):
            open_data(f"tensors:{path}")
