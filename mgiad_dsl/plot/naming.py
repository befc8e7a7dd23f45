"""Names beside points, where there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# (right, up) in points, and how the text lies to the place
_SIDES = (
    (4, 2, "left", "bottom"),
    (-4, 2, "right", "bottom"),
    (4, -2, "left", "top"),
    (-4, -2, "right", "top"),
    (0, 5, "center", "bottom"),
    (0, -5, "center", "top"),
)
_ROOM = 3  # points around a place


@dataclass(frozen=True)
class Name:
    """A text for a place (x, y), which has a bar as long as its deviation to both sides."""

    place: tuple[float, float]
    deviation: float
    text: str
    colour: str


def write_names(figure: Any, axes: Any, names: Sequence[Name]) -> None:
    """Write names on the first side that is free.

    A name without room is left out.
    """
    from matplotlib.patheffects import withStroke

    figure.draw_without_rendering()  # where things are, and stay
    figure.set_layout_engine("none")
    frame, renderer = axes.get_window_extent(), figure.canvas.get_renderer()
    taken = [_marked(figure, axes, name) for name in names]
    for name in names:
        for right, up, across, upright in _SIDES:
            note = axes.annotate(
                name.text, name.place, xytext=(right, up), textcoords="offset points",
                ha=across, va=upright, fontsize=6, color=name.colour,
                path_effects=[withStroke(linewidth=1.5, foreground="white")],
            )  # fmt: skip
            box = note.get_window_extent(renderer)
            inside = frame.containsx(box.x0) and frame.containsx(box.x1)
            inside = inside and frame.containsy(box.y0) and frame.containsy(box.y1)
            if inside and not box.count_overlaps(taken):
                taken.append(box)
                break
            note.remove()


def _marked(figure: Any, axes: Any, name: Name) -> Any:
    """The box of a mark and its bar, in pixels."""
    from matplotlib.transforms import Bbox

    (x, y), room = name.place, _ROOM * figure.dpi / 72
    (left, low), (_, high) = axes.transData.transform(
        [(x, y - name.deviation), (x, y + name.deviation)]
    )
    return Bbox([(left - room, low - room), (left + room, high + room)])
