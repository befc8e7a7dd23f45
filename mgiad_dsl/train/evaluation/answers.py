"""What a network makes of a few samples, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mgiad_dsl.train.evaluation.examine import Answers
from mgiad_dsl.train.run.pictures import figure, save
from mgiad_dsl.train.tasks.pixels import IGNORED

Panel = tuple[str, Tensor, dict[str, Any]]  # its title, pixels, and how matplotlib shows them


def draw_answers(path: Path, answers: Answers, classes: int) -> bool:
    """A row for each sample: its inputs, what is wanted, the answer, and for fields the error.

    False without matplotlib. Of fields with several channels the first is shown, of volumes the
    middle.
    """
    rows = [panels(answers, number, classes) for number in range(len(answers.targets))]
    picture = figure(len(rows[0]), len(rows))
    if picture is None:
        return False
    for number, (axes, (title, pixels, style)) in enumerate(
        zip(picture.axes, [panel for row in rows for panel in row], strict=True)
    ):
        if pixels.ndim == 1:
            axes.plot(pixels.numpy())
        else:
            shown = axes.imshow(pixels.numpy(), **style)
            axes.set_axis_off()
            if not classes:
                picture.colorbar(shown, ax=axes)
        if number < len(rows[0]):
            axes.set_title(title)
    save(picture, path)
    return True


def panels(answers: Answers, number: int, classes: int) -> list[Panel]:
    """What stands in the row of one sample."""
    row: list[Panel] = [(name, flat(each[number]), {}) for name, each in answers.inputs.items()]
    target, output = answers.targets[number], answers.outputs[number]
    if classes:
        style = {"cmap": "tab20", "vmin": 0, "vmax": max(19, classes - 1), "interpolation": "none"}
        # what does not count is left white, in the answer too
        counts = target != IGNORED
        for name, labels in (("labels", target), ("answer", output)):
            row.append((name, flat(torch.where(counts, labels.float(), torch.nan)[None]), style))
        return row
    low, high = float(flat(target).min()), float(flat(target).max())
    row += [
        (name, flat(values), {"vmin": low, "vmax": high})
        for name, values in (("solution", target), ("answer", output))
    ]
    row.append(("error", flat(output - target), {"cmap": "RdBu"}))
    return row


def flat(sample: Tensor) -> Tensor:
    """A line (n,), an image (H, W) or one in colours (H, W, 3)."""
    if len(sample) == 3 and sample.ndim == 3:
        return sample.movedim(0, -1).clamp(0, 1)
    field = sample[0]
    while field.ndim > 2:
        field = field[len(field) // 2]
    return field
