"""Which classes are taken for which, as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from mgiad_dsl.train.run.pictures import figure, save


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
