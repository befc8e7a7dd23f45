"""What ``mgiad eval`` found, as text, numbers and a picture."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mgiad_dsl.base.files import write
from mgiad_dsl.train.evaluation.confusion import draw_confusion
from mgiad_dsl.train.evaluation.examine import Examination, Robustness
from mgiad_dsl.train.evaluation.robustness import EPSILONS


def write_examination(run: Path, found: Examination, name: str = "eval") -> str:
    """Write NAME.md, NAME.json, NAME-confusion.csv and, with matplotlib, its picture.

    Returns the text.
    """
    scores = found.scores
    rows = [
        f"# Evaluation of {run.name}\n",
        f"accuracy {percent(scores.accuracy)} of {scores.images:,} images, "
        f"loss {scores.loss:.4f}\n",
        *table(
            ["class", "accuracy", "images"],
            ([name, percent(share), f"{images:,}"] for name, share, images in by_class(found)),
        ),
    ]
    if found.robustness:
        rows += robustness_text(found.robustness)
    if draw_confusion(run / f"{name}-confusion.png", scores.confusion, found.classes):
        rows.append(f"![images of each class (rows) by answer (columns)]({name}-confusion.png)\n")
    text = "\n".join(rows)
    write(run / f"{name}-confusion.csv", confusion_csv(found))
    write(run / f"{name}.json", json.dumps(as_json(found), indent=2, allow_nan=False) + "\n")
    write(run / f"{name}.md", text)
    return text


def by_class(found: Examination) -> list[tuple[str, float, int]]:
    """Name, accuracy (NaN without images) and number of images; names may come twice."""
    images = found.scores.confusion.sum(dim=1).tolist()
    return list(zip(found.classes, found.scores.class_accuracy, images, strict=True))


def robustness_text(robustness: Robustness) -> list[str]:
    severities = [str(n) for n in range(1, 6)]
    epsilons = [f"{255 * epsilon:.0f}/255" for epsilon in EPSILONS]
    return [
        f"Robustness, on {robustness.images:,} images spread evenly over the held-out ones; "
        f"accuracy on these as they are: {percent(robustness.clean)}\n",
        *table(["severity", *severities], accuracies(robustness.corrupted)),
        *table(["largest change", *epsilons], accuracies(robustness.attacked)),
    ]


def accuracies(rows: dict[str, list[float]]) -> list[list[str]]:
    return [[name, *map(percent, shares)] for name, shares in rows.items()]


def as_json(found: Examination) -> dict[str, Any]:
    """What JSON can hold: null where there is no number."""
    robustness = found.robustness
    return {
        "accuracy": found.scores.accuracy,
        "loss": number(found.scores.loss),
        "classes": [
            {"class": name, "accuracy": number(share), "images": images}
            for name, share, images in by_class(found)
        ],
        "robustness_images": robustness.images if robustness else 0,
        "robustness_clean": robustness.clean if robustness else None,
        "corrupted": robustness.corrupted if robustness else {},
        "attacked": robustness.attacked if robustness else {},
    }


def confusion_csv(found: Examination) -> str:
    """Rows are true classes, columns answers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["", *found.classes])
    for name, row in zip(found.classes, found.scores.confusion.tolist(), strict=True):
        writer.writerow([name, *row])
    return text.getvalue()


def table(columns: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in (columns, *rows)]
    return [lines[0], "|---" * len(columns) + "|", *lines[1:], ""]


def percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.2f} %"


def number(value: float) -> float | None:
    return value if math.isfinite(value) else None
