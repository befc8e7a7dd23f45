"""Weights and multiply-accumulates as a treemap, drawn by Plotly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mgiad_dsl.counting.count import GroupCount, WeightCount

if TYPE_CHECKING:
    from plotly.graph_objects import Treemap

Key = Callable[[GroupCount], str]

_FAMILY: Key = lambda group: group.family  # noqa: E731
_LEVEL: Key = lambda group: group.level  # noqa: E731
_WAYS: tuple[tuple[str, Callable[[GroupCount], int], tuple[Key, Key]], ...] = (
    ("weights by family", lambda group: group.weights, (_FAMILY, _LEVEL)),
    ("weights by level", lambda group: group.weights, (_LEVEL, _FAMILY)),
    ("MACs by family", lambda group: group.macs, (_FAMILY, _LEVEL)),
    ("MACs by level", lambda group: group.macs, (_LEVEL, _FAMILY)),
)
PALE = "#EEEEEE"


@dataclass
class _Box:
    label: str
    parent: str
    groups: list[GroupCount] = field(default_factory=list)


def treemap(counted: WeightCount, fills: Mapping[str, str]) -> str:
    """The treemap and Plotly itself as HTML; empty for a network that has neither.

    A box has the sharing groups that it stands for as its ``customdata``.

    Args:
        counted: the counts of a network.
        fills: the colour of each sharing group, as in the picture.
    """
    import plotly.graph_objects as go
    import plotly.io

    traces = [
        (title, trace)
        for title, of, keys in _WAYS
        if (trace := _trace(counted, of, keys, fills)) is not None
    ]
    if not traces:
        return ""
    shown = [[other is trace for _, other in traces] for _, trace in traces]
    buttons = [
        {"label": title, "method": "restyle", "args": [{"visible": visible}]}
        for (title, _), visible in zip(traces, shown, strict=True)
    ]
    for (_, trace), visible in zip(traces, shown[0], strict=True):
        trace.visible = visible
    figure = go.Figure([trace for _, trace in traces])
    figure.update_layout(
        template="none",
        margin={"t": 40, "l": 0, "r": 0, "b": 0},
        updatemenus=[
            {"type": "buttons", "direction": "right", "x": 0, "y": 1.0, "xanchor": "left",
             "yanchor": "bottom", "buttons": buttons, "pad": {"b": 6}}
        ],
    )  # fmt: skip
    return str(
        plotly.io.to_html(
            figure, include_plotlyjs=True, full_html=False, div_id="treemap",
            config={"displayModeBar": False, "responsive": True},
        )
    )  # fmt: skip


def _trace(
    counted: WeightCount,
    of: Callable[[GroupCount], int],
    keys: tuple[Key, Key],
    fills: Mapping[str, str],
) -> Treemap | None:
    """Boxes for the whole network, for the first key, and for both."""
    import plotly.graph_objects as go

    groups = [group for group in counted.groups if of(group)]
    if not groups:
        return None
    boxes: dict[str, _Box] = {"": _Box(counted.name, "")}
    outer, inner = keys
    for group in groups:
        first, second = f"/{outer(group)}", f"/{outer(group)}/{inner(group)}"
        for name, label, parent in (
            ("", counted.name, ""),
            (first, outer(group), "whole"),
            (second, inner(group), first),
        ):
            boxes.setdefault(name, _Box(label, parent)).groups.append(group)
    return go.Treemap(
        ids=[name or "whole" for name in boxes],
        labels=[box.label for box in boxes.values()],
        parents=[box.parent for box in boxes.values()],
        values=[sum(map(of, box.groups)) for box in boxes.values()],
        customdata=[[each.name for each in box.groups] for box in boxes.values()],
        marker={"colors": [_colour(name, box, fills) for name, box in boxes.items()]},
        branchvalues="total",
        sort=False,
        texttemplate="%{label}<br>%{value:,}<br>%{percentRoot:.1%}",
        hovertemplate="%{label}: %{value:,} (%{percentRoot:.1%} of all)<extra></extra>",
    )


def _colour(name: str, box: _Box, fills: Mapping[str, str]) -> str:
    """That of the groups, if they are of one family."""
    one = len({group.family for group in box.groups}) == 1
    return fills[box.groups[0].name] if name and one else PALE
