"""All figures of a study, its page and its tables, in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

from mgiad_dsl.base.files import make_folder, write
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.plot.canvas import FORMATS, drawn
from mgiad_dsl.plot.curves import draw_curves
from mgiad_dsl.plot.page import page
from mgiad_dsl.plot.points import AXES, Reached, measured, published, under
from mgiad_dsl.plot.style import HEIGHT
from mgiad_dsl.plot.tables import csv, latex
from mgiad_dsl.plot.tradeoff import draw_tradeoff
from mgiad_dsl.study.read import Study
from mgiad_dsl.study.records import Under
from mgiad_dsl.study.results import Result
from mgiad_dsl.train.tasks.figures import ACCURACY


@dataclass(frozen=True)
class Wishes:
    """What figures show: error instead of accuracy, names beside points, published points."""

    error: bool = False
    names: bool = True
    published: bool = True
    formats: Sequence[str] = FORMATS


def write_figures(
    study: Study, results: Sequence[Result], folder: Path, wishes: Wishes
) -> list[Path]:
    """Write all figures, or none; the files.

    Raises:
        SpecError: nothing was trained yet, or a file cannot be written.
    """
    own = measured(results)
    if not own:
        raise SpecError(
            f"no trial of {study.name} has ended yet", hint=f"mgiad sweep {study.source.name}"
        )
    file = study.file
    reached = _reached(results, wishes)
    wanted = wishes.published and reached.figure == ACCURACY
    points = [*own, *(published(file.data, file.published) if wanted else [])]
    made: dict[str, bytes | str] = {}
    seen = [(points, axis, reached) for axis in AXES]
    for which in get_args(Under):
        seen.append((under(own, which), AXES[0], replace(reached, under=which)))
    for shown, axis, what in seen:
        if shown:
            draw = partial(draw_tradeoff, points=shown, axis=axis, reached=what, names=wishes.names)
            for form, picture in drawn(draw, wishes.formats).items():
                made[f"{what.name}_{axis.name}.{form}"] = picture
    trained = [each for each in results if each.outcomes]
    draw = partial(draw_curves, results=trained, reached=Reached(reached.figure))
    for form, picture in drawn(draw, wishes.formats, rows=2, height=1.6 * HEIGHT).items():
        made[f"curves.{form}"] = picture
    made["index.html"] = page(study.name, trained, points, reached)
    made["results.csv"], made["results.tex"] = csv(points), latex(points, Reached(reached.figure))
    make_folder(folder)
    for name, content in made.items():
        write(folder / name, content)
    return [folder / name for name in made]


def _reached(results: Sequence[Result], wishes: Wishes) -> Reached:
    """What is drawn. Raises SpecError for the error of what is one."""
    figure = next(each.figure for each in results if each.figure)
    if wishes.error and not (figure.percent and figure.higher_is_better):
        raise SpecError(f"{figure.words} is drawn as it is", hint="without --error")
    return Reached(figure, wishes.error)
