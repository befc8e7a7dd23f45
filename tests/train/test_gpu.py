"""What can only be seen on a GPU. Skips itself without one."""

from __future__ import annotations

import gc
import json

import pytest
import torch
from safetensors.torch import load_file
from torch import distributed as dist

from mgiad_dsl.cli import main
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.loop.fit import prepared
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.distributed import GPU_BACKEND, greatest
from mgiad_dsl.train.machine.precision import backends, uses_bf16
from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, Recipe, load_recipe
from mgiad_dsl.train.run.listeners import Quiet
from mgiad_dsl.train.tasks.classes import Classes
from tests.train.small_cycle import SmallCycle

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.filterwarnings("ignore"),  # the compiler's own
]

SMALL = ["train", "digits", "--data", "digits", "--device", "cuda"]
QUICK = ["--with", "epochs=3", "compile=true", "channels_last=true"]
RECIPES = {
    "paper": load_recipe("paper", {"batch": 64, "ema": 0.9, "clip": 1}),
    "fast": load_recipe("fast", {"batch": 64, "compile": True}),
    "compiled paper": load_recipe("fast", {"batch": 64, "compile": True, **AUGMENTATIONS["paper"]}),
}


@pytest.fixture(params=RECIPES.values(), ids=RECIPES.keys())
def training(request):
    """A trainer and its feed, as ``fit`` makes them."""
    recipe, device = request.param, torch.device("cuda", 0)
    data = fake("fake:3x32x32:10:640")
    feed = make_feed(data, recipe, data.shape, device, 0, 0)
    model = SmallCycle(16, 3, 10)
    with backends(recipe), prepared(model, feed, recipe, device, Quiet()):
        yield Trainer(model, Classes(recipe.label_smoothing), recipe, device, len(feed)), feed


def an_epoch(trainer: Trainer, feed: Feed, number: int) -> None:
    for batch in feed.epoch(number):
        trainer.step([batch])


def test_no_step_waits_for_the_gpu(training) -> None:
    trainer, feed = training
    an_epoch(trainer, feed, 0)  # warm up: caches, autotuning
    batches = feed.epoch(1)
    trainer.step([next(batches)])  # order and random numbers of the epoch are copied
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches:
            trainer.step([batch])
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_memory_is_stable_over_epochs(training) -> None:
    trainer, feed = training
    peaks = []
    for epoch in range(4):
        gc.collect()
        torch.cuda.reset_peak_memory_stats()
        an_epoch(trainer, feed, epoch)
        peaks.append(torch.cuda.max_memory_allocated())
    # the allocator counts whole blocks, which are not quite the same each time
    assert max(peaks[1:]) < 1.01 * min(peaks[1:])


def test_batches_are_those_of_the_cpu() -> None:
    data, recipe = fake("fake:3x32x32:10:640"), RECIPES["paper"]
    feeds = [make_feed(data, recipe, data.shape, torch.device(d), 0, 0) for d in ("cpu", "cuda")]
    for (images, labels), (on_gpu, labels_there) in zip(*(f.epoch(0) for f in feeds), strict=True):
        assert torch.equal(labels, labels_there.cpu())
        different = (images - on_gpu.cpu()).abs() > 1e-4
        assert different.float().mean() < 1e-3  # a nearest pixel on the edge, a rounded mean


def test_bf16_by_default_where_it_is_native() -> None:
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    assert uses_bf16(Recipe(), torch.device("cuda")) == native
    assert not uses_bf16(Recipe(precision="fp32"), torch.device("cuda"))


def test_the_command_trains_and_evaluates(tmp_path) -> None:
    out = tmp_path / "run"
    assert main([*SMALL, *QUICK, "--out", str(out)]) == 0
    assert main(["eval", str(out), "--device", "cuda", "--robustness-images", "64"]) == 0
    record = json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])
    assert record["memory"] > 0
    assert record["test_accuracy"] > 0.5


def test_deterministic_runs_resume_bit_for_bit(tmp_path) -> None:
    weights = []
    for name, more in (("whole", []), ("resumed", ["--save-every", "0"])):
        arguments = [*SMALL, *QUICK, "--deterministic", "--out", str(tmp_path / name), *more]
        assert main(arguments) == 0
        if more:
            last = sorted((tmp_path / name).glob("step-*.pt"))[-1]
            last.unlink()
            assert main([*arguments, "--resume"]) == 0
        weights.append(load_file(tmp_path / name / "weights.safetensors"))
    for key, value in weights[0].items():
        assert torch.equal(weights[1][key], value), key


def test_a_process_group(tmp_path) -> None:
    """NCCL for gradients, gloo for what the hosts tell each other; one GPU is enough."""
    meeting = (tmp_path / "meeting").as_uri()
    dist.init_process_group(GPU_BACKEND, init_method=meeting, rank=0, world_size=1)
    try:
        assert main([*SMALL, *QUICK, "--save-every", "0", "--out", str(tmp_path / "run")]) == 0
        assert greatest([3, 5], torch.device("cuda")) == [3, 5]
    finally:
        dist.destroy_process_group()


def test_images_from_workers(tmp_path) -> None:
    words = [*SMALL, *QUICK, "augment_on=workers", "--workers", "2"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0


def test_out_of_memory_is_explained(tmp_path, capsys) -> None:
    words = ["--data", "fake:1x8x8:10:4000000", "--with", "batch=4000000", "--out", str(tmp_path)]
    assert main(["train", "digits", "--device", "cuda", "--set", "width=64", *words]) == 1
    assert "out of memory" in capsys.readouterr().err
