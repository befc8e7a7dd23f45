"""``report.md``: what came out of training, for people."""

from __future__ import annotations

import statistics
from pathlib import Path

from mgiad_dsl.base.files import write
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.curves import draw_curves
from mgiad_dsl.train.run.listeners import in_words
from mgiad_dsl.train.run.metrics import best_record, last_record, read_records
from mgiad_dsl.train.run.records import EpochRecord, RunRecord
from mgiad_dsl.train.run.weights import BEST
from mgiad_dsl.train.tasks.figures import Figure


def write_report(
    folder: Path, runs: list[tuple[Path, RunRecord]], recipe: Recipe, found: str = ""
) -> str:
    """Write ``report.md``, and curves where matplotlib is; a line that sums it up.

    ``runs`` are the folders of one or more seeds of the same network, data and recipe;
    ``found`` is Markdown of what else there is to say.
    """
    histories = [read_records(path) for path, _ in runs]
    ends = [last_record(path) for path, _ in runs]
    figures = {f"held-out {each.words}": figure_line(each, ends) for each in ends[0].figures}
    words, summary = next(iter(figures.items()))
    record = runs[0][1]
    rows = {
        "network": record.network,
        "settings": ", ".join(f"{k}={v}" for k, v in record.settings.items()) or "as declared",
        "data": record.data,
        **figures,
        **best_row(histories, recipe),
        "weights": f"{record.weights:,}",
        "MACs": f"{record.macs:,}",
        "recipe": f"{recipe.name}, {recipe.epochs} epochs, batch {recipe.batch}",
        **({"started from": record.weights_from} if record.weights_from else {}),
        "precision": record.precision + (", deterministic" if record.deterministic else ""),
        "seeds": ", ".join(str(run.seed) for _, run in runs),
        "wall time": ", ".join(duration(end.seconds) for end in ends),
        "speed": f"{speed(histories):,.0f} images/s (median epoch)",
        "GPU memory": memory(ends),
        "hardware": record.hardware,
        "versions": ", ".join(f"{k} {v}" for k, v in record.versions.items()),
    }
    text = f"# {record.network} on {record.data}\n\n| | |\n|---|---|\n"
    text += "".join(f"| {key} | {value} |\n" for key, value in rows.items())
    if draw_curves(folder / "curves.png", histories):
        text += "\n![loss and figures by epoch](curves.png)\n"
    else:
        text += "\nCurves need matplotlib (`pip install matplotlib`); see metrics.jsonl.\n"
    text += found
    text += f"\n## Recipe\n\n```json\n{recipe.to_json()}```\n"
    write(folder / "report.md", text)
    return f"{words} {summary}"


def best_row(histories: list[list[EpochRecord]], recipe: Recipe) -> dict[str, str]:
    """The best epoch of each seed, and where its weights are, if they were kept."""
    if recipe.keep != "best":
        return {}
    bests = [best_record(history) for history in histories]
    figure = bests[0].figures[0]
    epochs = ", ".join(
        f"{best.epoch} ({in_words(figure, best.figure('test', figure))})" for best in bests
    )
    return {"best epoch": f"{epochs}: {BEST}"}


def figure_line(figure: Figure, ends: list[EpochRecord]) -> str:
    """``98.61 %``, or mean and sample standard deviation over several seeds."""
    values = [value for end in ends if (value := end.figure("test", figure)) is not None]
    mean = statistics.mean(values)
    if len(values) == 1:
        return figure.shown(mean)
    deviation = figure.shown(statistics.stdev(values))
    return f"{figure.shown(mean).removesuffix(' %')} ± {deviation} ({len(values)} seeds)"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def speed(histories: list[list[EpochRecord]]) -> float:
    return statistics.median(each.images_per_second for history in histories for each in history)


def memory(ends: list[EpochRecord]) -> str:
    peaks = [end.memory for end in ends]
    return ", ".join("none used" if peak is None else f"{peak / 2**30:.2f} GiB" for peak in peaks)
