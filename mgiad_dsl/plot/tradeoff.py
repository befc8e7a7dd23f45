"""What networks reach, accuracy or error, against what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mgiad_dsl.plot.naming import Name, write_names
from mgiad_dsl.plot.points import Axis, Point, Reached, families, front
from mgiad_dsl.plot.style import Look, looks
from mgiad_dsl.study.labels import as_math


def draw_tradeoff(
    figure: Any, axes: Any, points: Sequence[Point], axis: Axis, reached: Reached, names: bool
) -> None:
    """Draw points on a logarithmic axis of costs, with error bars over seeds and the Pareto
    front of what was measured; published points are hollow.

    Args:
        figure: of matplotlib, with its ``axes``.
        points: measured and published; those without the cost are left out.
        axis: the cost.
        reached: what stands on the upright axis.
        names: write the name of a point beside it where there is room.
    """
    shown = [each for each in points if axis.of(each) is not None]
    look = looks(families(points))
    axes.set_xscale("log")
    best = front([each for each in shown if each.source is None], axis, reached)
    axes.plot(*_places(best, axis, reached), color="0.6", linestyle="--", zorder=1)
    for family in families(shown):
        own = [each for each in shown if each.family == family]
        for part in ([p for p in own if p.source is None], [p for p in own if p.source]):
            if part:
                _draw(axes, part, axis, reached, look[family])
    axes.set_xlabel(axis.words)
    axes.set_ylabel(reached.words)
    axes.margins(0.12, 0.12)
    _widen(axes, [cost for each in shown if (cost := axis.of(each))])
    _mark_ticks(axes)
    if reached.figure.percent:
        _mark_shares(axes)
    _legend(axes, shown, look)
    if names:
        first = {id(each) for each in best}
        ordered = sorted(shown, key=lambda each: (id(each) not in first, each.source is None))
        write_names(
            figure,
            axes,
            [
                Name(
                    (axis.of(each) or 0, reached.of(each)),
                    each.deviation or 0,
                    as_math(each.label),
                    look[each.family].colour,
                )
                for each in ordered
            ],
        )


def _places(
    points: Sequence[Point], axis: Axis, reached: Reached
) -> tuple[list[float | None], list[float]]:
    return [axis.of(each) for each in points], [reached.of(each) for each in points]


def _draw(axes: Any, points: Sequence[Point], axis: Axis, reached: Reached, look: Look) -> None:
    hollow = points[0].source is not None
    axes.errorbar(
        *_places(points, axis, reached),
        yerr=None if hollow else [each.deviation or 0 for each in points],
        linestyle="none",
        marker=look.marker,
        markersize=4,
        markerfacecolor="white" if hollow else look.colour,
        markeredgewidth=0.8,
        color=look.colour,
        capsize=1.5,
        elinewidth=0.6,
        zorder=2,
    )


def _widen(axes: Any, costs: Sequence[float]) -> None:
    """Give costs that are close together, or one alone, an axis of a factor of four."""
    if costs and max(costs) < 2 * min(costs):
        middle = math.sqrt(min(costs) * max(costs))
        axes.set_xlim(middle / 2, middle * 2)


def _mark_ticks(axes: Any) -> None:
    """``20k``, ``1M``: at 1, 2 and 5, or over many decades at 1 and 3."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    low, high = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1, 3)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _mark_shares(axes: Any) -> None:
    """No marks beyond 0 and 100 %, where bars and names may reach."""
    low, high = axes.get_ylim()
    low, high = max(low, 0), min(high, 100)
    axes.set_yticks([tick for tick in axes.get_yticks() if low <= tick <= high])


def _legend(axes: Any, points: Sequence[Point], look: dict[str, Look]) -> None:
    from matplotlib.lines import Line2D

    def handle(marker: str, colour: str, face: str, text: str) -> Line2D:
        return Line2D(
            [], [], linestyle="none", marker=marker, markersize=4, markeredgewidth=0.8,
            color=colour, markerfacecolor=face, label=text,
        )  # fmt: skip

    handles = [
        handle(look[family].marker, look[family].colour, look[family].colour, as_math(family))
        for family in families(points)
    ]
    if any(each.source for each in points):
        handles.append(handle("o", "0.3", "white", "published"))
    axes.figure.legend(
        handles=handles, loc="outside upper center", ncols=min(3, len(handles)), columnspacing=1,
        handletextpad=0.2,
    )  # fmt: skip
