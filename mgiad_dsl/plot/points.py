"""What a figure shows: points of measured and of published networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files

from mgiad_dsl.base.source import Source
from mgiad_dsl.study.file import Published
from mgiad_dsl.study.read import parsed
from mgiad_dsl.study.results import Result


@dataclass(frozen=True)
class Point:
    """A network with its accuracy in %, and what it costs; None is what nobody measured.

    ``deviation`` is the standard deviation over ``seeds``, ``memory`` the predicted one of
    training in bytes; ``source`` tells where a published one was printed.
    """

    label: str
    family: str
    accuracy: float
    deviation: float | None = None
    seeds: int = 1
    weights: int | None = None
    macs: int | None = None
    seconds: float | None = None
    memory: int | None = None
    source: str | None = None


@dataclass(frozen=True)
class Axis:
    """A quantity to draw accuracy against, and how a point has it."""

    name: str
    words: str
    of: Callable[[Point], float | None]


AXES = (
    Axis("weights", "weights", lambda point: point.weights),
    Axis("macs", "multiply-adds per image", lambda point: point.macs),
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
            accuracy=100 * each.accuracy,
            deviation=None if each.deviation is None else 100 * each.deviation,
            seeds=len(each.outcomes),
            weights=each.order.weights,
            macs=each.order.macs,
            seconds=each.seconds,
            memory=each.order.memory,
        )
        for each in results
        if each.accuracy is not None
    ]


def published(data: str, own: Iterable[Published] = ()) -> list[Point]:
    """The published points on a data set: the bundled ones, and a study's own."""
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
            accuracy=each.accuracy,
            weights=each.weights,
            macs=each.macs,
            source=each.source,
        )
        for each in (*map(Published.model_validate, bundled), *own)
    ]


def front(points: Sequence[Point], axis: Axis) -> list[Point]:
    """The Pareto front: those that no other equals or exceeds in accuracy at most at their cost."""
    best: list[Point] = []
    costs = [(axis.of(each), each) for each in points]
    for _, point in sorted(
        ((cost, each) for cost, each in costs if cost is not None),
        key=lambda pair: (pair[0], -pair[1].accuracy),
    ):
        if not best or point.accuracy > best[-1].accuracy:
            best.append(point)
    return best


def families(points: Iterable[Point]) -> list[str]:
    """In the order of their first points."""
    return list(dict.fromkeys(point.family for point in points))
