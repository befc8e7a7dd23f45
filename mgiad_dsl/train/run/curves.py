"""Pictures, where matplotlib is installed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mgiad_dsl.base.files import write


def figure(columns: int) -> Any:
    """A matplotlib figure with axes side by side, or None without matplotlib.

    Made without pyplot: no display, no global state.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    result = Figure(figsize=(5 * columns, 4), layout="constrained")
    FigureCanvasAgg(result)
    result.subplots(1, columns, squeeze=False)
    return result


def save(figure: Any, path: Path) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    write(path, buffer.getvalue())


def draw_curves(path: Path, histories: list[list[dict[str, Any]]]) -> bool:
    """Loss and accuracy by epoch, one pair of lines for each seed; False without matplotlib."""
    picture = figure(2)
    if picture is None:
        return False
    plot(picture.axes[0], histories, "loss")
    plot(picture.axes[1], histories, "accuracy", scale=100, unit=" in %")
    save(picture, path)
    return True


def plot(
    axes: Any, histories: list[list[dict[str, Any]]], quantity: str, scale: int = 1, unit: str = ""
) -> None:
    """A quantity of training and of held-out images by epoch; a lone value is a dot."""
    for part, label, colour in (("train", "training", "C0"), ("test", "held out", "C1")):
        for number, history in enumerate(histories):
            points = [r for r in history if f"{part}_{quantity}" in r]
            axes.plot(
                [r["epoch"] for r in points],
                [scale * r[f"{part}_{quantity}"] for r in points],
                color=colour,
                marker="o" if len(points) == 1 else None,
                label=None if number else label,
            )
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set_xlabel("epoch")
    axes.set_ylabel(quantity + unit)
    axes.grid(alpha=0.3)
    axes.legend()


def draw_confusion(path: Path, confusion: Tensor, classes: tuple[str, ...]) -> bool:
    """Shares of answers (columns) for each class (rows); False without matplotlib.

    Classes are named, and images counted, as long as there is room.
    """
    picture = figure(1)
    if picture is None:
        return False
    axes = picture.axes[0]
    counts = confusion.float()
    shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    picture.colorbar(axes.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1), label="share")
    axes.set_xlabel("answer")
    axes.set_ylabel("class")
    if len(classes) <= 20:
        axes.set_xticks(range(len(classes)), classes, rotation=90)
        axes.set_yticks(range(len(classes)), classes)
    if len(classes) <= 10:
        for (row, column), count in np.ndenumerate(confusion.numpy()):
            if count:
                colour = "white" if shares[row, column] > 0.5 else "black"
                style = {"ha": "center", "va": "center", "fontsize": 7, "color": colour}
                axes.text(column, row, str(count), **style)
    save(picture, path)
    return True
