"""What ``mgiad eval`` found, as text, numbers and pictures."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from typing_extensions import assert_never

from mgiad_dsl.base.files import write
from mgiad_dsl.train.evaluation.answers import draw_answers
from mgiad_dsl.train.evaluation.confusion import draw_confusion
from mgiad_dsl.train.evaluation.examine import Examination, Robustness
from mgiad_dsl.train.evaluation.grids import grids_text
from mgiad_dsl.train.evaluation.robustness import EPSILONS
from mgiad_dsl.train.tasks.classes import ClassScores
from mgiad_dsl.train.tasks.fields import FieldScores
from mgiad_dsl.train.tasks.figures import FIGURES
from mgiad_dsl.train.tasks.pixels import PixelScores
from mgiad_dsl.train.tasks.solver import SolverScores
from mgiad_dsl.train.tasks.task import Scores


def write_examination(
    run: Path, found: Examination, name: str = "eval", weights: Path | None = None
) -> str:
    """Write NAME.md and NAME.json; of classes NAME-confusion.csv, and with matplotlib its
    picture; of classes of pixels and of fields, with matplotlib, NAME-answers.png.

    Returns the text, which names the ``weights`` if they are not the run's own.
    """
    scores, others = found.scores, f" with the weights of {weights}" if weights else ""
    rows = [f"# Evaluation of {run.name}{others}\n", summary(scores)]
    match scores:
        case ClassScores() | PixelScores():
            rows += class_table(by_class(found.classes, scores))
            if found.robustness:
                rows += robustness_text(found.robustness)
            if found.note:
                rows.append(f"{found.note}\n")
            picture = run / f"{name}-confusion.png"
            if draw_confusion(picture, scores.confusion, found.classes):
                what = "images" if isinstance(scores, ClassScores) else "pixels"
                rows.append(f"![{what} of each class (rows) by answer (columns)]({picture.name})\n")
            table = confusion_csv(found.classes, scores.confusion.tolist())
            write(run / f"{name}-confusion.csv", table)
        case SolverScores():
            if found.grids:
                rows.append(grids_text([found.grids], found.grids[0].points))
        case FieldScores():
            pass
        case _:
            assert_never(scores)
    if found.answers:
        picture = run / f"{name}-answers.png"
        if draw_answers(picture, found.answers, len(found.classes)):
            rows.append(f"![a few samples and what the network makes of them]({picture.name})\n")
    text = "\n".join(rows)
    write(run / f"{name}.json", json.dumps(as_json(found), indent=2, allow_nan=False) + "\n")
    write(run / f"{name}.md", text)
    return text


def summary(scores: Scores) -> str:
    """``accuracy 98.61 % of 360 images, loss 0.0432``"""
    what = "images" if isinstance(scores, ClassScores | PixelScores) else "samples"
    found = scores.figures.items()
    shown = [f"{FIGURES[name].words} {in_words(name, value)}" for name, value in found]
    return f"{', '.join(shown)} of {scores.images:,} {what}, loss {scores.loss:.4f}\n"


def in_words(name: str, value: float) -> str:
    return "–" if math.isnan(value) else FIGURES[name].shown(value)


def class_table(classes: Sequence[dict[str, Any]]) -> list[str]:
    """A row for each class."""
    rows = [(name, share, f"{count:,}") for name, share, count in (row.values() for row in classes)]
    columns = list(classes[0])
    return table(
        columns, ([name, "–" if share is None else percent(share), n] for name, share, n in rows)
    )


def by_class(classes: tuple[str, ...], scores: ClassScores | PixelScores) -> list[dict[str, Any]]:
    """What there is to say of each class; names may come twice. None is no number: a class that
    does not occur.
    """
    counts = scores.confusion.sum(dim=1).tolist()
    if isinstance(scores, ClassScores):
        share, unit, shares = "accuracy", "images", scores.class_accuracy
    else:
        share, unit, shares = "IoU", "pixels", scores.class_iou
    return [
        {"class": name, share: number(value), unit: count}
        for name, value, count in zip(classes, shares, counts, strict=True)
    ]


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
    scores, robustness = found.scores, found.robustness
    result: dict[str, Any] = {name: number(value) for name, value in scores.figures.items()}
    result |= {"loss": number(scores.loss)}
    match scores:
        case ClassScores():
            return result | {
                "classes": by_class(found.classes, scores),
                "robustness_images": robustness.images if robustness else 0,
                "robustness_clean": robustness.clean if robustness else None,
                "corrupted": robustness.corrupted if robustness else {},
                "attacked": robustness.attacked if robustness else {},
            }
        case PixelScores():
            return result | {"images": scores.images, "classes": by_class(found.classes, scores)}
        case FieldScores():
            return result | {"samples": scores.images}
        case SolverScores():
            grids = [asdict(grid) for grid in found.grids or ()]
            return result | {"samples": scores.images, "grids": grids}


def confusion_csv(classes: tuple[str, ...], confusion: list[list[int]]) -> str:
    """Rows are true classes, columns answers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["", *classes])
    for name, row in zip(classes, confusion, strict=True):
        writer.writerow([name, *row])
    return text.getvalue()


def table(columns: list[str], rows: Iterable[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in (columns, *rows)]
    return [lines[0], "|---" * len(columns) + "|", *lines[1:], ""]


def percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.2f} %"


def number(value: float) -> float | None:
    return value if math.isfinite(value) else None
