"""Nodes at fixed places and the arrows between them, as DOT text."""

from __future__ import annotations

from mgiad_dsl.draw.labels import FONT, Size
from mgiad_dsl.draw.layout import Point, Rect
from mgiad_dsl.draw.theme import Theme

INCH = 72.0
_FLIPPED = {"n": "w", "w": "n", "s": "e", "e": "s", "": ""}
_PAD = 0.15
_NARROW_PAD = 0.02  # inches around a picture of a given width


class Canvas:
    """A DOT graph whose nodes have places (in points, y running down).

    On a ``flipped`` one x and y change places, so that what runs down runs to the right.
    """

    def __init__(self, name: str, theme: Theme, flipped: bool) -> None:
        import graphviz

        self._theme = theme
        self._flipped = flipped
        self._xs: list[float] = []
        self._ys: list[float] = []
        self._dot = graphviz.Digraph(
            name,
            graph_attr={
                "layout": "neato", "inputscale": "72", "overlap": "true", "splines": "line",
                "outputorder": "nodesfirst", "fontname": FONT, "bgcolor": theme.paper,
                "pad": str(_PAD), "labelloc": "b",
            },
            node_attr={"fontname": FONT, "fontcolor": theme.ink, "shape": "plain"},
            edge_attr={"color": theme.line, "arrowsize": "0.6"},
        )  # fmt: skip

    @property
    def width(self) -> float:
        """How wide all is that has been drawn so far, with a narrow rim."""
        return max(self._xs) - min(self._xs) + 2 * _NARROW_PAD * INCH if self._xs else 0.0

    @property
    def height(self) -> float:
        return max(self._ys) - min(self._ys) if self._ys else 0.0

    def node(self, key: str, x: float, y: float, label: str = "", **attributes: str) -> None:
        if self._flipped:
            x, y = y, x
        self._xs.append(x)
        self._ys.append(y)
        self._dot.node(key, label, pos=f"{x:.1f},{-y:.1f}!", **attributes)

    def box(self, key: str, rect: Rect, label: str = "", **attributes: str) -> None:
        """A node of a fixed size, a box unless another shape is given."""
        width, height = rect.width, rect.height
        if self._flipped:
            width, height = height, width
        size = {"width": f"{width / INCH:.3f}", "height": f"{height / INCH:.3f}"}
        settings = {"shape": "box", "fixedsize": "true", **size, **attributes}
        self.node(key, rect.x, rect.y, label, **settings)
        x, y = self._xs[-1], self._ys[-1]
        self._xs += (x - width / 2, x + width / 2)
        self._ys += (y - height / 2, y + height / 2)

    def above_all(self, key: str, label: str, size: Size) -> None:
        """A label in the middle above all that has been drawn."""
        x = (min(self._xs) + max(self._xs)) / 2 if self._xs else 0.0
        y = min(self._ys, default=0.0) - size[1] / 2 - 12
        at = (y, x) if self._flipped else (x, y)
        self.node(key, *at, label)
        self._xs += (x - size[0] / 2, x + size[0] / 2)
        self._ys.append(y - size[1] / 2)

    def point(self, key: str, x: float, y: float, width: str = "0") -> None:
        """A dot, or with width 0 an unseen place for arrows to end at."""
        style = {"style": "invis"} if width == "0" else {}
        self.node(key, x, y, shape="point", width=width, color=self._theme.line, **style)

    def edge(self, tail: str, head: str, **attributes: str) -> None:
        self._dot.edge(tail, head, **attributes)

    def path(
        self,
        tail: str,
        points: tuple[Point, ...],
        head: str,
        leave: str = "",
        enter: str = "",
        **attributes: str,
    ) -> None:
        """An arrow through points; ``leave`` and ``enter`` are sides of its ends."""
        if self._flipped:
            leave, enter = _FLIPPED[leave], _FLIPPED[enter]
        ports = {"tailport": leave} if leave else {}
        at = tail
        for number, (x, y) in enumerate(points):
            turn = f"{tail}.{head}.{number}"
            self.point(turn, x, y)
            self.edge(at, turn, arrowhead="none", **ports, **attributes)
            at, ports = turn, {}
        self.edge(at, head, **ports, **({"headport": enter} if enter else {}), **attributes)

    def scale(self, width: float) -> None:
        """Make the picture ``width`` inches wide, smaller if it must be, but never larger."""
        wide = max(self.width, width * INCH) - 2 * _NARROW_PAD * INCH
        middle = (min(self._xs) + max(self._xs)) / 2
        y = min(self._ys)
        for key, x in (("left", middle - wide / 2), ("right", middle + wide / 2)):
            at = (y, x) if self._flipped else (x, y)
            self.point(f"edge.{key}", *at)
        self._dot.attr(size=f"{width:g},1000", pad=f"{_NARROW_PAD}", margin="0")

    def text(self, label: str) -> str:
        """The DOT text, with a label under the picture."""
        self._dot.attr(label=label)
        return str(self._dot.source)
