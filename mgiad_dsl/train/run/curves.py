"""Loss and figures by epoch, as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mgiad_dsl.train.run.pictures import figure, save
from mgiad_dsl.train.run.records import EpochRecord
from mgiad_dsl.train.tasks.figures import Figure


def draw_curves(path: Path, histories: list[list[EpochRecord]]) -> bool:
    """Loss and the figures of the task by epoch, one pair of lines for each seed.

    False without matplotlib.
    """
    figures = histories[0][-1].figures
    picture = figure(1 + len(figures))
    if picture is None:
        return False
    plot_loss(picture.axes[0], histories)
    for axes, each in zip(picture.axes[1:], figures, strict=True):
        plot_figure(axes, histories, each)
    save(picture, path)
    return True


def plot_loss(axes: Any, histories: list[list[EpochRecord]]) -> None:
    plot(axes, histories, "loss", lambda record, part: getattr(record, f"{part}_loss"))


def plot_figure(axes: Any, histories: list[list[EpochRecord]], shown: Figure) -> None:
    def value(record: EpochRecord, part: str) -> float | None:
        found = record.figure(part, shown)
        return found if found is None else found * (100 if shown.percent else 1)

    plot(axes, histories, shown.words + (" in %" if shown.percent else ""), value)


def plot(
    axes: Any,
    histories: list[list[EpochRecord]],
    words: str,
    value_of: Callable[[EpochRecord, str], float | None],
) -> None:
    """A quantity of ``train`` and ``test`` samples by epoch; a lone value is a dot."""
    for part, label, colour in (("train", "training", "C0"), ("test", "held out", "C1")):
        for number, history in enumerate(histories):
            values = [(each.epoch, value_of(each, part)) for each in history]
            points = [(epoch, value) for epoch, value in values if value is not None]
            if not points:  # a figure of held-out samples alone
                continue
            axes.plot(
                [epoch for epoch, _ in points],
                [value for _, value in points],
                color=colour,
                marker="o" if len(points) == 1 else None,
                label=None if number else label,
            )
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set_xlabel("epoch")
    axes.set_ylabel(words)
    axes.grid(alpha=0.3)
    axes.legend()
