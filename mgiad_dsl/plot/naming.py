"""Names beside points, where there is room for them."""

from __future__ import annotations

from collections.abc import Iterable
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


def write_names(
    figure: Any, axes: Any, names: Iterable[tuple[float | None, float, str, str]]
) -> None:
    """Write (x, y, text, colour) on the first side that is free.

    A name without room is left out.
    """
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox

    names = list(names)
    figure.draw_without_rendering()  # where things are, and stay
    figure.set_layout_engine("none")
    room = _ROOM * figure.dpi / 72
    frame, renderer = axes.get_window_extent(), figure.canvas.get_renderer()
    places = [axes.transData.transform((x, y)) for x, y, _, _ in names]
    taken = [Bbox([(x - room, y - room), (x + room, y + room)]) for x, y in places]
    for x, y, text, colour in names:
        for right, up, across, upright in _SIDES:
            note = axes.annotate(
                text, (x, y), xytext=(right, up), textcoords="offset points", ha=across,
                va=upright, fontsize=6, color=colour,
                path_effects=[withStroke(linewidth=1.5, foreground="white")],
            )  # fmt: skip
            box = note.get_window_extent(renderer)
            inside = frame.containsx(box.x0) and frame.containsx(box.x1)
            inside = inside and frame.containsy(box.y0) and frame.containsy(box.y1)
            if inside and not box.count_overlaps(taken):
                taken.append(box)
                break
            note.remove()
