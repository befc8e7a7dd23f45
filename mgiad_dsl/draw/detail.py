"""Every operation of a network, clustered by the part of the cycle it runs in."""

from __future__ import annotations

from html import escape
from itertools import count, groupby
from typing import TYPE_CHECKING

from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import FONT, cell, font, html, shape_text, table
from mgiad_dsl.draw.legend import panel, title
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import Frame, NetGraph, Node

if TYPE_CHECKING:
    from graphviz import Digraph

FILLS = ("#F4F4F1", "#FFFFFF")
PLAIN = "#FFFFFF"
PARTS = {"pre": "smooth", "post": "smooth (post)"}


def draw_operations(graph: NetGraph, *, legend: bool = True) -> str:
    """The DOT text of all operations of a network."""
    import graphviz

    dot = graphviz.Digraph(
        graph.name,
        graph_attr={"fontname": FONT, "fontsize": "10", "labeljust": "l", "ranksep": "0.25"},
        node_attr={
            "fontname": FONT, "fontsize": "9", "shape": "box", "style": "rounded,filled",
            "fillcolor": PLAIN, "color": "#777777", "height": "0.25", "margin": "0.06,0.03",
        },
        edge_attr={"color": "#555555", "arrowsize": "0.5"},
    )  # fmt: skip
    palette = Palette(graph)
    dot.node("title", title(graph), shape="plain", style="")
    _Clusters(graph, palette).draw(dot, list(graph.nodes.values()), 0)
    for node in graph.nodes.values():
        for source in node.inputs:
            dot.edge(source, node.name)
    for first in [node for node in graph.nodes.values() if isinstance(node.op, ops.Input)]:
        dot.edge("title", first.name, style="invis")
    dot.attr(labelloc="b", label=panel(graph, palette, _axis(graph)) if legend else "")
    return str(dot.source)


class _Clusters:
    """Operations that run one after the other in the same part of a cycle are a cluster.

    A level that a cycle comes back to is a cluster again: dot cannot rank clusters that
    depend on each other both ways.
    """

    def __init__(self, graph: NetGraph, palette: Palette) -> None:
        self._statements = graph.statements
        self._palette = palette
        self._numbers = count(1)

    def draw(self, dot: Digraph, nodes: list[Node], depth: int) -> None:
        for frame, run in groupby(nodes, lambda node: self._frame(node, depth)):
            if frame is None:
                for node in run:
                    _operation(dot, node, self._palette)
                continue
            with dot.subgraph(name=f"cluster_{next(self._numbers)}") as child:
                child.attr(
                    label=_heading(frame), style="rounded,filled", color="#AAAAAA", labelloc="t",
                    fillcolor=FILLS[depth % 2],
                )  # fmt: skip
                self.draw(child, list(run), depth + 1)

    def _frame(self, node: Node, depth: int) -> Frame | None:
        scope = self._statements[node.statement].scope
        return scope[depth] if depth < len(scope) else None


def _heading(frame: Frame) -> str:
    """``l = 2``, ``l = 4, visit 2``, ``smooth 1: relax``."""
    if frame.kind == "level":
        visit = f", visit {frame.visit}" if frame.visit > 1 else ""
        return f"{frame.name} = {frame.value}{visit}"
    number = "" if frame.value is None else f" {frame.value}"
    step = f": {frame.step}" if frame.step else ""
    return f"{PARTS.get(frame.name, frame.name)}{number}{step}"


def _operation(dot: Digraph, node: Node, palette: Palette) -> None:
    hint = f"{node.name}: {node.place.label}, {shape_text(node.shape)}"
    if node.group is None:
        dot.node(node.name, escape(describe(node.op)), tooltip=hint)
        return
    ink = palette.text(node.group)
    rows = [
        cell(font(f"<B>{escape(node.group)}</B>", 9, ink)),
        cell(font(escape(describe(node.op)), 8, ink)),
    ]
    label = html(table(rows, CELLSPACING=0, CELLPADDING=0))
    dot.node(node.name, label, tooltip=hint, fillcolor=palette.fill(node.group))


def _axis(graph: NetGraph) -> str | None:
    """The name of the outermost levels."""
    frames = (s.scope[0] for s in graph.statements if s.scope)
    return next((frame.name for frame in frames if frame.kind == "level"), None)
