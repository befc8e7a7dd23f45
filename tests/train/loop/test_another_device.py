"""Training on a device that is not the CPU and has no values: ``meta``.

Mixing it with the CPU fails as with a GPU, and so does reading a value, for which the host
would have to wait on a GPU.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mgiad_dsl.base.resources import bundled_specs
from mgiad_dsl.compiler import compile_file
from mgiad_dsl.graph import ops
from mgiad_dsl.runtime import load
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.resident import HeldOutBatches, TrainBatches
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.recipes.recipe import Recipe, load_recipe
from mgiad_dsl.train.tasks.classes import Classes
from tests.train.small_cycle import SmallCycle

META = torch.device("meta")
RECIPES = [
    load_recipe("paper", {"batch": 8, "accumulate": 2, "clip": 1, "ema": 0.99}),
    load_recipe("fast", {"batch": 8, "precision": "fp32"}),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_steps_stay_on_the_device_and_read_nothing(recipe: Recipe) -> None:
    share = Share(recipe.batch, parts=recipe.accumulate)
    feed = TrainBatches(fake("fake:3x32x32:10:64"), recipe, META, 0, share)
    trainer = Trainer(SmallCycle(16, 3, 10), Classes(), recipe, META, len(feed) // share.parts)
    batches = list(feed.epoch(0))
    for number in range(0, len(batches), share.parts):
        trainer.step(batches[number : number + share.parts])
    assert trainer.done == 8
    state = [*trainer.best.parameters(), *trainer.module.buffers(), trainer.tally.sums]
    assert {value.device for value in state} == {META}
    with pytest.raises(RuntimeError, match="meta"):
        trainer.tally.read()


def test_held_out_batches_are_made_on_the_device() -> None:
    data = fake("fake:3x32x32:10:64")
    for images, labels in HeldOutBatches(data.test, (data.mean, data.std), 8, META):
        assert images.device == labels.device == META


@pytest.mark.parametrize("path", bundled_specs(), ids=lambda path: path.stem)
def test_networks_compute_where_their_weights_are(path: Path) -> None:
    compiled = compile_file(str(path))
    nodes = compiled.written.operations.values()
    inputs = [torch.zeros(2, *n.shape, device=META) for n in nodes if isinstance(n.op, ops.Input)]
    assert load(compiled.python).to(META)(*inputs).device == META
