"""Learning curves: training loss and held-out figure by epoch, means over the seeds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mgiad_dsl.plot.points import Reached, scale
from mgiad_dsl.plot.style import looks
from mgiad_dsl.study.labels import as_math
from mgiad_dsl.study.records import Epoch
from mgiad_dsl.study.results import Result


@dataclass(frozen=True)
class Curve:
    """A candidate's mean over its seeds of (epoch, value), where all of them have one."""

    label: str
    family: str
    points: tuple[tuple[int, float], ...]


def curves(results: Sequence[Result], of: Callable[[Epoch], float | None]) -> list[Curve]:
    """The curves of the candidates that were trained, those with few weights first."""
    trained = [each for each in results if each.outcomes]
    return [
        Curve(each.order.label, each.order.family, tuple(_means(each, of)))
        for each in sorted(trained, key=lambda each: each.order.weights)
    ]


def _means(result: Result, of: Callable[[Epoch], float | None]) -> list[tuple[int, float]]:
    seeds = [
        {e.epoch: got for e in each.curve if (got := of(e)) is not None} for each in result.outcomes
    ]
    common = set.intersection(*(set(each) for each in seeds))
    return [(n, statistics.mean(each[n] for each in seeds)) for n in sorted(common)]


def loss(epoch: Epoch) -> float | None:
    return epoch.train_loss


def value(reached: Reached, epoch: Epoch) -> float | None:
    """The main figure, as figures show it."""
    return None if epoch.value is None else scale(reached.figure) * epoch.value


def draw_curves(
    figure: Any, above: Any, below: Any, results: Sequence[Result], reached: Reached
) -> None:
    """Training loss above, the main figure of held-out samples below; larger networks are
    darker.
    """
    look = looks(dict.fromkeys(each.order.family for each in results))
    for axes, of in ((above, loss), (below, partial(value, reached))):
        found = curves(results, of)
        for number, curve in enumerate(found):
            axes.plot(
                [epoch for epoch, _ in curve.points],
                [value for _, value in curve.points],
                color=look[curve.family].colour,
                alpha=0.35 + 0.65 * (number + 1) / len(found),
                marker="." if len(curve.points) == 1 else None,
            )
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    above.set_ylabel("training loss")
    below.set_ylabel(reached.words)
    below.set_xlabel("epoch")
    handles = [below.plot([], [], color=each.colour, label=as_math(name))[0]
               for name, each in look.items()]  # fmt: skip
    figure.legend(
        handles=handles, loc="outside upper center", ncols=min(3, len(handles)), columnspacing=1
    )
