from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torchvision import datasets

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.train import train
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import make_feed, make_held_out
from mgiad_dsl.train.data.sets import held_out_images, spread
from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, Recipe, load_recipe
from mgiad_dsl.train.run.checkpoint import list_checkpoints
from mgiad_dsl.train.run.folder import read_run
from tests.train.formats import write_cifar, write_folder
from tests.train.nets import network
from tests.train.small_cycle import SmallCycle

ROOT = Path(__file__).parents[3]
CPU = torch.device("cpu")
SHAPE = (3, 32, 32)


@pytest.fixture
def photos(tmp_path):
    write_folder(tmp_path / "photos")
    return open_data(f"imagefolder:{tmp_path / 'photos'}")


def batches(data, recipe, workers, epoch=0, start=0):
    return list(make_feed(data, recipe, SHAPE, CPU, 0, workers).epoch(epoch, start))


def assert_equal(ours, theirs) -> None:
    for (a, x), (b, y) in zip(ours, theirs, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(x, y)


def test_photographs_are_functions_of_seed_epoch_and_place(photos) -> None:
    recipe = load_recipe("imagenet", {"batch": 4})
    state = torch.get_rng_state()
    here = batches(photos, recipe, workers=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert len(here) == 3
    assert here[0][0].shape == (4, *SHAPE)
    assert_equal(batches(photos, recipe, workers=2), here)
    assert_equal(batches(photos, recipe, workers=2, start=2), here[2:])
    assert not torch.equal(batches(photos, recipe, 0, epoch=1)[0][0], here[0][0])


def test_held_out_photographs(photos) -> None:
    images = list(make_held_out(photos, SHAPE, CPU, workers=0, raw=True))
    assert sum(len(labels) for _, labels in images) == 12
    assert images[0][0].min() >= 0
    assert images[0][0].max() <= 1
    assert images[0][0].shape[1:] == SHAPE


def test_a_few_held_out_photographs_are_of_all_classes(photos) -> None:
    everything = list(make_held_out(photos, SHAPE, CPU, workers=0, batch=1))
    few = spread(photos, 4)
    assert held_out_images(few) == 4
    ((images, labels),) = make_held_out(few, SHAPE, CPU, workers=0)
    assert labels.tolist() == [0, 0, 1, 1]
    assert_equal(zip(images, labels, strict=True), [(x[0], y[0]) for x, y in everything[::3]])
    assert held_out_images(spread(photos, 100)) == 12


@pytest.mark.parametrize("batch", [5, None])
def test_held_out_batches_have_the_size_asked_for(photos, batch) -> None:
    for data in (photos, open_data("fake:3x32x32:10:60")):
        sizes = [len(labels) for _, labels in make_held_out(data, SHAPE, CPU, 0, batch=batch)]
        assert sizes == ([5, 5, 2] if batch else [12])


@pytest.mark.parametrize("workers", [0, 2])
def test_an_unreadable_image_is_named(photos, tmp_path, workers) -> None:
    for path in (tmp_path / "photos" / "train").glob("*/*"):
        path.write_bytes(b"no image")
    with pytest.raises(SpecError, match=r"cannot read image \d+: .*/photos/train/n0") as error:
        batches(photos, load_recipe("imagenet", {"batch": 4}), workers)
    assert "\n" not in error.value.message


def test_small_images_through_workers() -> None:
    data = open_data("fake:3x32x32:10:64")
    recipe = Recipe(batch=32, augment_on="workers", **AUGMENTATIONS["paper"])
    assert_equal(batches(data, recipe, workers=2), batches(data, recipe, workers=0))
    with pytest.raises(SpecError, match="cutout works on the device only"):
        batches(data, Recipe(batch=32, augment_on="workers", cutout=8), 0)


def test_recipes_for_small_images_do_not_stream(photos) -> None:
    with pytest.raises(
        SpecError, match="recipe paper has crop and autoaugment, for small"
    ) as error:
        make_feed(photos, load_recipe("paper", {"batch": 4}), SHAPE, CPU, 0, 0)
    assert error.value.hint.startswith("--with crop=0 autoaugment=false, or --augment none")


def test_the_hint_for_photographs_with_light_augmentation_mends_it(photos) -> None:
    light = {"batch": 4, **AUGMENTATIONS["light"]}
    with pytest.raises(SpecError) as error:
        make_feed(photos, load_recipe("imagenet", light), SHAPE, CPU, 0, 0)
    assert error.value.hint.startswith("--with crop=0,")
    for changes in ({"crop": 0}, AUGMENTATIONS["none"]):
        make_feed(photos, load_recipe("imagenet", light | changes), SHAPE, CPU, 0, 0)


def test_photographs_train_end_to_end(photos, train_args, tmp_path) -> None:
    small = network(lambda: SmallCycle(8, 3, 2), SHAPE, 2)
    words = ["--with", "batch=4", "lr=0.01", "--workers", "2"]
    out = train(small, train_args("--data", f"imagefolder:{tmp_path / 'photos'}", *words))
    assert read_run(out)[1].name == "imagenet"


@pytest.mark.parametrize("on", ["device", "workers"])
def test_cifar_in_its_real_format_trains_end_to_end(on, train_args, tmp_path, monkeypatch) -> None:
    write_cifar(tmp_path / "data", datasets.CIFAR10, monkeypatch)
    monkeypatch.setenv("MGIAD_DATA", str(tmp_path / "data"))
    small = network(lambda: SmallCycle(8, 3, 10), SHAPE, 10)
    words = ["--recipe", "paper", "--with", f"augment_on={on}", "batch=20", "--workers", "1"]
    out = train(small, train_args("--data", "cifar10", *words))
    assert "| data | cifar10 |" in (out / "report.md").read_text()
    with pytest.raises(SpecError, match="missing train") as error:
        train(small, train_args("--data", "cifar100", "--out", str(tmp_path / "another")))
    assert "cifar-100-python" in error.value.message


@pytest.mark.slow
def test_a_signal_to_workers_too_saves_and_stops(tmp_path) -> None:
    """torchrun, Slurm and ``timeout`` signal all processes of a group at once."""
    words = "train digits --data digits --workers 2 --device cpu --with augment_on=workers"
    said = ""
    with subprocess.Popen(
        [sys.executable, "-m", "mgiad_dsl", *words.split(), "--out", str(tmp_path / "run")],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        for line in process.stdout:
            said += line
            if "epoch   1" in line:
                os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "stopped and saved" in said
    assert "Traceback" not in said
    assert list_checkpoints(tmp_path / "run")
