"""What ``mgiad eval`` found, as text, numbers and a picture."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from mgiad_dsl.files import write
from mgiad_dsl.train.curves import draw_confusion
from mgiad_dsl.train.examine import Examination
from mgiad_dsl.train.robustness import EPSILONS


def write_examination(run: Path, found: Examination, name: str = "eval") -> str:
    """Write NAME.md, NAME.json, NAME-confusion.csv and, with matplotlib, its picture.

    Returns the text.
    """
    rows = [f"# Evaluation of {run.name}\n", f"accuracy {percent(found.scores.accuracy)}"]
    rows[-1] += f" of {found.scores.images:,} images, loss {found.scores.loss:.4f}\n"
    rows += table("class", ["accuracy"], by_class(found))
    if found.corrupted:
        rows.append(
            f"Robustness, on the first {min(found.images, found.scores.images):,} images:\n"
        )
        rows += table("severity", [str(n) for n in range(1, 6)], found.corrupted)
        epsilons = [f"{255 * epsilon:.0f}/255" for epsilon in EPSILONS]
        rows += table("largest change", epsilons, found.attacked)
    if draw_confusion(run / f"{name}-confusion.png", found.scores.confusion, found.classes):
        rows.append(f"![images of each class (rows) by answer (columns)]({name}-confusion.png)\n")
    text = "\n".join(rows)
    write(run / f"{name}-confusion.csv", confusion_csv(found))
    content = {
        "accuracy": found.scores.accuracy,
        "loss": found.scores.loss,
        "classes": {name: values[0] for name, values in by_class(found).items()},
        "robustness_images": examined(found),
        "corrupted": found.corrupted,
        "attacked": found.attacked,
    }
    write(run / f"{name}.json", json.dumps(content, indent=2) + "\n")
    write(run / f"{name}.md", text)
    return text


def examined(found: Examination) -> int:
    return min(found.images, found.scores.images)


def by_class(found: Examination) -> dict[str, list[float]]:
    return {n: [a] for n, a in zip(found.classes, found.scores.class_accuracy, strict=True)}


def confusion_csv(found: Examination) -> str:
    """Rows are true classes, columns answers."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["", *found.classes])
    for name, row in zip(found.classes, found.scores.confusion.tolist(), strict=True):
        writer.writerow([name, *row])
    return text.getvalue()


def table(corner: str, columns: list[str], rows: dict[str, list[float]]) -> list[str]:
    lines = [f"| {corner} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(map(percent, row))} |" for name, row in rows.items()]
    return [*lines, ""]


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"
