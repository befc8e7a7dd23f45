"""Nodes at fixed places and the arrows between them, as DOT text."""

from __future__ import annotations

from mgiad_dsl.draw.labels import FONT, INK
from mgiad_dsl.draw.layout import Point, Rect

LINE = "#444444"


class Canvas:
    """A DOT graph whose nodes have places (in points, y running down)."""

    def __init__(self, name: str) -> None:
        import graphviz

        self._dot = graphviz.Digraph(
            name,
            graph_attr={
                "layout": "neato", "inputscale": "72", "overlap": "true", "splines": "line",
                "outputorder": "nodesfirst", "fontname": FONT, "bgcolor": "white", "pad": "0.15",
                "labelloc": "b",
            },
            node_attr={"fontname": FONT, "fontcolor": INK, "shape": "plain"},
            edge_attr={"color": LINE, "arrowsize": "0.6"},
        )  # fmt: skip

    def node(self, key: str, x: float, y: float, label: str = "", **attributes: str) -> None:
        self._dot.node(key, label, pos=f"{x:.1f},{-y:.1f}!", **attributes)

    def box(self, key: str, rect: Rect, label: str = "", **attributes: str) -> None:
        """A node of a fixed size, a box unless another shape is given."""
        size = {"width": f"{rect.width / 72:.3f}", "height": f"{rect.height / 72:.3f}"}
        settings = {"shape": "box", "fixedsize": "true", **size, **attributes}
        self.node(key, rect.x, rect.y, label, **settings)

    def point(self, key: str, x: float, y: float, width: str = "0") -> None:
        """A dot, or with width 0 an unseen place for arrows to end at."""
        style = {"style": "invis"} if width == "0" else {}
        self.node(key, x, y, shape="point", width=width, color=LINE, **style)

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
        ports = {"tailport": leave} if leave else {}
        at = tail
        for number, (x, y) in enumerate(points):
            turn = f"{tail}.{head}.{number}"
            self.point(turn, x, y)
            self.edge(at, turn, arrowhead="none", **ports, **attributes)
            at, ports = turn, {}
        self.edge(at, head, **ports, **({"headport": enter} if enter else {}), **attributes)

    def text(self, label: str) -> str:
        """The DOT text, with a label under the picture."""
        self._dot.attr(label=label)
        return str(self._dot.source)
