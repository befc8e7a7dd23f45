from __future__ import annotations

import pytest
import torch

from mgiad_dsl.train.loop.schedule import learning_rate
from mgiad_dsl.train.recipes.recipe import Recipe


def test_cosine_by_epoch_is_pytorchs() -> None:
    recipe = Recipe(epochs=7, lr=0.1, schedule="cosine", schedule_by="epoch")
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=7)
    for epoch in range(7):
        for step in range(5):
            ours = learning_rate(recipe, epoch * 5 + step, 5)
            assert ours == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)
        optimiser.step()
        theirs.step()


def test_warm_up_rises_to_the_peak_and_the_end_is_near_zero() -> None:
    for schedule in ("cosine", "linear"):
        recipe = Recipe(epochs=10, lr=0.4, schedule=schedule, warmup=2)
        rates = [learning_rate(recipe, step, 50) for step in range(500)]
        assert rates[0] == pytest.approx(0.4 / 100)
        assert rates[:100] == sorted(rates[:100])
        assert max(rates) == pytest.approx(0.4)
        assert rates[100:] == sorted(rates[100:], reverse=True)
        assert 0 < rates[-1] < 0.01


def test_constant() -> None:
    recipe = Recipe(epochs=3, lr=0.3, schedule="constant")
    assert {learning_rate(recipe, step, 4) for step in range(12)} == {0.3}
