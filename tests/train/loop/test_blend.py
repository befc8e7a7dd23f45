"""Weights between the first and the trained ones are evaluated, saved and resumed."""

from __future__ import annotations

import copy

import pytest
import torch

from mgiad_dsl.train import Recipe, evaluate, fit
from tests.train.loop.test_fit import loader
from tests.train.nets import SmallCycle


@pytest.mark.parametrize("ema", [None, 0.5])
def test_the_blend_is_what_counts(ema) -> None:
    torch.manual_seed(0)
    model = SmallCycle(classes=2)
    first, plain = copy.deepcopy(model), copy.deepcopy(model)
    recipe = Recipe(epochs=2, ema=ema)
    trained = fit(plain, loader(), recipe, device="cpu").model.state_dict()
    blended = recipe.model_copy(update={"blend": 0.25})
    result = fit(model, loader(), blended, test=loader(), device="cpu")
    for name, start in first.state_dict().items():
        wanted = trained[name]
        if start.is_floating_point():
            wanted = start + 0.25 * (wanted - start)
        torch.testing.assert_close(result.model.state_dict()[name], wanted)
    assert evaluate(result.model, loader()).loss == pytest.approx(result.scores.loss)


def test_a_resumed_blend_has_the_first_weights_of_before(tmp_path) -> None:
    def run(folder: str, seed: int, resume: bool = False):
        torch.manual_seed(seed)
        recipe = Recipe(epochs=2, blend=0.5)
        where = {"folder": tmp_path / folder, "resume": resume, "save_every": 0}
        return fit(SmallCycle(classes=2), loader(), recipe, device="cpu", **where).model

    whole = run("whole", seed=0)
    run("again", seed=0)
    sorted((tmp_path / "again").glob("step-*.pt"))[-1].unlink()
    again = run("again", seed=1, resume=True)  # the first weights are those of the checkpoint
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
