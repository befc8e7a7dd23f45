"""What can only be seen on a GPU. Skips itself without one."""

from __future__ import annotations

import pytest
import torch

from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.resident import HeldOutBatches, TrainBatches
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.device import uses_bf16
from mgiad_dsl.train.recipe import AUGMENTATIONS
from mgiad_dsl.train.trainer import Trainer
from tests.train.small_cycle import SmallCycle

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

RECIPE = Recipe(batch=64, ema=0.9, clip=1, channels_last=True, **AUGMENTATIONS["paper"])


def parts(recipe: Recipe = RECIPE) -> tuple[Trainer, TrainBatches]:
    device = torch.device("cuda")
    data = fake("fake:3x32x32:10:640")
    feed = TrainBatches(data, recipe, device, 0, Share(recipe.batch))
    return Trainer(SmallCycle(16, 3, 10), recipe, device, len(feed)), feed


def test_no_step_waits_for_the_gpu() -> None:
    trainer, feed = parts()
    for batch in feed.epoch(0):  # warm up: caches, autotuning
        trainer.step([batch])
    batches = feed.epoch(1)
    trainer.step([next(batches)])  # the order of the epoch may be copied
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches:
            trainer.step([batch])
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_memory_is_stable_over_epochs() -> None:
    trainer, feed = parts()
    peaks = []
    for epoch in range(4):
        torch.cuda.reset_peak_memory_stats()
        for batch in feed.epoch(epoch):
            trainer.step([batch])
        peaks.append(torch.cuda.max_memory_allocated())
    assert peaks[1] == peaks[2] == peaks[3]


def test_bf16_by_default_where_it_is_native() -> None:
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    assert uses_bf16(Recipe(), torch.device("cuda")) == native
    assert not uses_bf16(Recipe(precision="fp32"), torch.device("cuda"))


def test_a_run_on_the_gpu(tmp_path) -> None:
    device = torch.device("cuda")
    data = fake("fake:3x32x32:10:640")
    result = fit(
        SmallCycle(16, 3, 10),
        TrainBatches(data, RECIPE, device, 0, Share(RECIPE.batch)),
        RECIPE.model_copy(update={"epochs": 2}),
        test=HeldOutBatches(data.test, (data.mean, data.std), 64, device),
        folder=tmp_path,
    )
    assert result.records[-1]["memory"] > 0
