"""What a figure shows: points of measured and of published networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import NamedTuple

from mgiad_dsl.base.source import Source
from mgiad_dsl.study.file import Published
from mgiad_dsl.study.read import parsed
from mgiad_dsl.study.records import Under
from mgiad_dsl.study.results import Result
from mgiad_dsl.train.tasks.figures import Figure


class Spread(NamedTuple):
    """An accuracy in %, and its standard deviation over the seeds, None of one."""

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Point:
    """A network with what it reaches, and what it costs; None is what nobody measured.

    ``value`` is the main figure of the task, shares in %; ``deviation`` is the standard deviation
    over ``seeds``, ``memory`` the predicted one of training in bytes; ``source`` tells where a
    published one was printed. ``corrupted`` and ``attacked`` are accuracies of such images.
    """

    label: str
    family: str
    value: float
    deviation: float | None = None
    seeds: int = 1
    weights: int | None = None
    macs: int | None = None
    seconds: float | None = None
    memory: int | None = None
    source: str | None = None
    corrupted: Spread | None = None
    attacked: Spread | None = None


@dataclass(frozen=True)
class Reached:
    """What a figure shows of the networks: the main figure of the task, or the error instead of
    a share that is right; ``under`` corruptions or attacks.
    """

    figure: Figure
    error: bool = False
    under: Under | None = None

    @property
    def name(self) -> str:
        """``accuracy``, ``error``, ``accuracy_corruptions``: of files."""
        name = "error" if self.error else self.figure.name
        return f"{name}_{self.under}" if self.under else name

    @property
    def words(self) -> str:
        words = "error" if self.error else self.figure.words
        words = f"{words} under {self.under}" if self.under else f"held-out {words}"
        return words + (" in %" if self.figure.percent else "")

    def of(self, point: Point) -> float:
        return 100 - point.value if self.error else point.value

    def score(self, point: Point) -> float:
        """More is better."""
        return point.value if self.figure.higher_is_better else -point.value


@dataclass(frozen=True)
class Axis:
    """A cost to draw what is reached against, and how a point has it."""

    name: str
    words: str
    of: Callable[[Point], float | None]


AXES = (
    Axis("weights", "weights", lambda point: point.weights),
    Axis("macs", "multiply-adds per sample", lambda point: point.macs),
    Axis("time", "training time in s", lambda point: point.seconds),
    Axis(
        "memory",
        "memory of training in MiB",
        lambda point: None if point.memory is None else point.memory / 2**20,
    ),
)


def measured(results: Iterable[Result]) -> list[Point]:
    """The candidates of a study that were trained."""
    return [
        Point(
            label=each.order.label,
            family=each.order.family,
            value=scale(each.figure) * each.value,
            deviation=None if each.deviation is None else scale(each.figure) * each.deviation,
            seeds=len(each.outcomes),
            weights=each.order.weights,
            macs=each.order.macs,
            seconds=each.seconds,
            memory=each.order.memory,
            corrupted=_spread(each, "corruptions"),
            attacked=_spread(each, "attacks"),
        )
        for each in results
        if each.figure is not None and each.value is not None
    ]


def _spread(result: Result, under: Under) -> Spread | None:
    mean, deviation = result.accuracy(under), result.accuracy_deviation(under)
    if mean is None:
        return None
    return Spread(100 * mean, None if deviation is None else 100 * deviation)


def under(points: Iterable[Point], which: Under) -> list[Point]:
    """Points with the accuracy under corruptions or attacks as their value, where there is one."""
    pairs = [(each, each.corrupted if which == "corruptions" else each.attacked) for each in points]
    return [
        replace(point, value=spread.mean, deviation=spread.deviation)
        for point, spread in pairs
        if spread
    ]


def scale(figure: Figure) -> int:
    """Of values as figures show them: shares are in %."""
    return 100 if figure.percent else 1


def published(data: str, own: Iterable[Published] = ()) -> list[Point]:
    """The published accuracies on a data set: the bundled ones, and a study's own."""
    text = (files("mgiad_dsl.plot") / "published.toml").read_text(encoding="utf-8")
    bundled = [
        each
        for each in parsed(Source("published.toml", text))["published"]
        if each.pop("data") == data
    ]
    return [
        Point(
            label=each.label,
            family=each.family,
            value=each.accuracy,
            weights=each.weights,
            macs=each.macs,
            source=each.source,
        )
        for each in (*map(Published.model_validate, bundled), *own)
    ]


def front(points: Sequence[Point], axis: Axis, reached: Reached) -> list[Point]:
    """The Pareto front: those that no other equals or exceeds at their cost or less."""
    best: list[Point] = []
    costs = [(axis.of(each), each) for each in points]
    for _, point in sorted(
        ((cost, each) for cost, each in costs if cost is not None),
        key=lambda pair: (pair[0], -reached.score(pair[1])),
    ):
        if not best or reached.score(point) > reached.score(best[-1]):
            best.append(point)
    return best


def families(points: Iterable[Point]) -> list[str]:
    """In the order of their first points."""
    return list(dict.fromkeys(point.family for point in points))
