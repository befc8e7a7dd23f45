from __future__ import annotations

import pytest

from mgiad_dsl.train.run.curves import plot_loss
from mgiad_dsl.train.run.pictures import figure
from tests.train.nets import epoch


@pytest.mark.parametrize("epochs", [1, 2, 3, 30])
def test_epochs_are_whole_numbers_and_every_value_shows(epochs) -> None:
    pytest.importorskip("matplotlib")
    picture = figure(1)
    history = [epoch(n + 1) for n in range(epochs)]
    history[-1] = epoch(epochs, test_loss=0.5)
    plot_loss(picture.axes[0], [history])
    picture.canvas.draw()
    left, right = picture.axes[0].get_xlim()
    ticks = [tick for tick in picture.axes[0].get_xticks() if left <= tick <= right]
    assert ticks
    assert all(tick == round(tick) for tick in ticks)
    training, held_out = picture.axes[0].lines
    assert len(training.get_xdata()) == epochs
    assert held_out.get_marker() == "o"  # one value: there is no line to see
