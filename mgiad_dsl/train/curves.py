"""Pictures, where matplotlib is installed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mgiad_dsl.files import write


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
    for axes, quantity, scale in zip(picture.axes, ("loss", "accuracy"), (1, 100), strict=True):
        for history in histories:
            for part, style in (("train", "C0-"), ("test", "C1-")):
                points = [r for r in history if f"{part}_{quantity}" in r]
                epochs = [r["epoch"] for r in points]
                values = [scale * r[f"{part}_{quantity}"] for r in points]
                label = {"train": "training", "test": "held out"}[part]
                axes.plot(epochs, values, style, label=label if history is histories[0] else None)
        axes.set_xlabel("epoch")
        axes.set_ylabel(quantity if scale == 1 else f"{quantity} in %")
        axes.grid(alpha=0.3)
        axes.legend()
    save(picture, path)
    return True


def draw_confusion(path: Path, confusion: Tensor, classes: tuple[str, ...]) -> bool:
    """Shares of answers (columns) for each class (rows); False without matplotlib."""
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
        for (row, column), count in np.ndenumerate(confusion.numpy()):
            if count:
                colour = "white" if shares[row, column] > 0.5 else "black"
                style = {"ha": "center", "va": "center", "fontsize": 7, "color": colour}
                axes.text(column, row, str(count), **style)
    save(picture, path)
    return True
