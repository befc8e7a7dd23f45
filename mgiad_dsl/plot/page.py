"""The page to look closer: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any

from mgiad_dsl.base.amounts import shown
from mgiad_dsl.base.tables import render
from mgiad_dsl.plot.curves import curves, value
from mgiad_dsl.plot.points import AXES, Axis, Point, Reached, families, front
from mgiad_dsl.plot.style import Look, looks
from mgiad_dsl.plot.tables import table
from mgiad_dsl.study.labels import as_html
from mgiad_dsl.study.results import Result

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.4 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem }}
table {{ border-collapse: collapse; font-size: 13px }}
th, td {{ padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #ddd }}
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) {{ text-align: left }}
</style></head>
<body>
<h1>{title}</h1>
{tradeoff}
<h2>Learning curves</h2>
{curves}
<h2>Results</h2>
<p>The value is the {words}, its deviation is that over the seeds; memory of training is in
bytes, as it was predicted.</p>
{robust}{table}
</body></html>
"""


_ROBUST = """<p>Corrupted is the mean accuracy over the corruptions and severities of mgiad eval,
attacked that over its attacks and largest changes, in %.</p>
"""


def page(title: str, results: Sequence[Result], points: Sequence[Point], reached: Reached) -> str:
    """The page: what is reached against each cost, learning curves, and all numbers."""
    figures = [_tradeoff(points, reached), _curves(results, reached)]
    first, second = (
        figure.to_html(
            full_html=False,
            include_plotlyjs=number == 0,
            div_id=f"figure{number}",
            config={"displaylogo": False},
        )
        for number, figure in enumerate(figures)
    )
    return _PAGE.format(
        title=escape(title),
        tradeoff=first,
        curves=second,
        table=render([table("results", points)], "html"),
        words=reached.words,
        robust=_ROBUST if any(point.corrupted for point in points) else "",
    )


# -- what is reached against costs -------------------------------------------------------------


def _tradeoff(points: Sequence[Point], reached: Reached) -> Any:
    """One trace for each family, measured and published, and one for the Pareto front."""
    from plotly import graph_objects as go

    look = looks(families(points))
    axes = [axis for axis in AXES if any(axis.of(point) for point in points)]
    parts = [
        part
        for family in families(points)
        for hollow in (False, True)
        if (part := [p for p in points if p.family == family and bool(p.source) == hollow])
    ]
    best = [front([p for p in points if p.source is None], axis, reached) for axis in axes]
    figure = go.Figure([_trace(part, axes[0], reached, look[part[0].family]) for part in parts])
    figure.add_scatter(
        x=[axes[0].of(p) for p in best[0]],
        y=[reached.of(p) for p in best[0]],
        mode="lines",
        line={"color": "grey", "dash": "dash", "width": 1},
        name="Pareto front",
        hoverinfo="skip",
    )
    buttons = [
        {
            "label": axis.words,
            "method": "update",
            "args": [
                {
                    "x": [[axis.of(p) for p in part] for part in (*parts, own)],
                    "y": [[reached.of(p) for p in part] for part in (*parts, own)],
                },
                {"xaxis.title.text": axis.words},
            ],
        }
        for axis, own in zip(axes, best, strict=True)
    ]
    figure.update_layout(
        template="simple_white",
        height=560,
        xaxis={"type": "log", "title": {"text": axes[0].words}, "showgrid": True, "dtick": "D2"},
        yaxis={
            "title": {"text": reached.words},
            "showgrid": True,
        },
        updatemenus=[{"buttons": buttons, "x": 0, "y": 1.12, "xanchor": "left"}],
    )
    return figure


def _trace(points: Sequence[Point], axis: Axis, reached: Reached, look: Look) -> Any:
    from plotly import graph_objects as go

    hollow = points[0].source is not None
    return go.Scatter(
        x=[axis.of(p) for p in points],
        y=[reached.of(p) for p in points],
        error_y=None if hollow else {"array": [p.deviation or 0 for p in points], "thickness": 1},
        mode="markers",
        marker={
            "color": look.colour,
            "symbol": look.symbol + ("-open" if hollow else ""),
            "size": 9,
        },
        name=as_html(points[0].family) + (", published" if hollow else ""),
        text=[_words(p) for p in points],
        hovertemplate="%{text}<extra></extra>",
    )


def _words(point: Point) -> str:
    """What is shown of a point when the pointer is on it."""
    deviation = "" if point.deviation is None else f" ± {point.deviation:.2f}"
    lines = [f"<b>{as_html(point.label)}</b>", f"{point.value:.2f}{deviation}"]
    lines += [] if point.weights is None else [f"{point.weights:,} weights"]
    lines += [] if point.macs is None else [f"{point.macs:,} MACs"]
    lines += [] if point.seconds is None else [f"{point.seconds:,.0f} s"]
    lines += [] if point.memory is None else [f"{shown(point.memory)} to train"]
    lines += [escape(point.source)] if point.source else [f"{point.seeds} seeds"]
    return "<br>".join(lines)


# -- learning curves --------------------------------------------------------------------------


def _curves(results: Sequence[Result], reached: Reached) -> Any:
    from plotly import graph_objects as go

    look = looks(dict.fromkeys(each.order.family for each in results))
    figure = go.Figure(
        [
            go.Scatter(
                x=[epoch for epoch, _ in curve.points],
                y=[value for _, value in curve.points],
                mode="lines" if len(curve.points) > 1 else "markers",
                line={"color": look[curve.family].colour, "width": 1.5},
                name=as_html(curve.label),
                legendgroup=curve.family,
            )
            for curve in curves(results, partial(value, reached))
        ]
    )
    figure.update_layout(
        template="simple_white",
        height=480,
        xaxis={"title": {"text": "epoch"}},
        yaxis={"title": {"text": reached.words}, "showgrid": True},
    )
    return figure
