"""Loss and accuracy by epoch, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mgiad_dsl.train.run.pictures import figure, save
from mgiad_dsl.train.run.records import EpochRecord


def draw_curves(path: Path, histories: list[list[EpochRecord]]) -> bool:
    """Loss and accuracy by epoch, one pair of lines for each seed; False without matplotlib."""
    picture = figure(2)
    if picture is None:
        return False
    plot(picture.axes[0], histories, "loss")
    plot(picture.axes[1], histories, "accuracy", scale=100, unit=" in %")
    save(picture, path)
    return True


def plot(
    axes: Any, histories: list[list[EpochRecord]], quantity: str, scale: int = 1, unit: str = ""
) -> None:
    """A quantity of training and of held-out images by epoch; a lone value is a dot."""
    for part, label, colour in (("train", "training", "C0"), ("test", "held out", "C1")):
        for number, history in enumerate(histories):
            values = [(each.epoch, getattr(each, f"{part}_{quantity}")) for each in history]
            points = [(epoch, scale * value) for epoch, value in values if value is not None]
            axes.plot(
                [epoch for epoch, _ in points],
                [value for _, value in points],
                color=colour,
                marker="o" if len(points) == 1 else None,
                label=None if number else label,
            )
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set_xlabel("epoch")
    axes.set_ylabel(quantity + unit)
    axes.grid(alpha=0.3)
    axes.legend()
