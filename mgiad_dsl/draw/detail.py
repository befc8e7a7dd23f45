"""Every operation of a network, clustered by the part of the cycle it runs in."""

from __future__ import annotations

from html import escape
from itertools import count
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw import notation
from mgiad_dsl.draw.clusters import Cluster, Item, clusters
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import FONT, SMALL, TINY, cell, font, html, shape_text, table
from mgiad_dsl.draw.look import Look
from mgiad_dsl.draw.panel import panel, title
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import Network, Operation, WeightGroup
from mgiad_dsl.graph.tree import Cycle, equations

if TYPE_CHECKING:
    from graphviz import Digraph

TOO_MANY = 5000
# Rounds of graphviz's network simplex for each node: without a bound 800 operations take minutes.
BOUNDED = {"nslimit": "1", "nslimit1": "1"}


def draw_operations(network: Network, look: Look) -> str:
    """The DOT text of all operations of a network.

    Raises:
        SpecError: there are more than a picture can show, or ``look`` asks for what it has not.
    """
    if look.width or look.fold or look.bars:
        raise SpecError(
            "a picture of every operation has no width, no folds and no bars",
            hint="--depth steps",
        )
    if len(network.operations) > TOO_MANY:
        raise SpecError(
            f"{len(network.operations):,} operations are more than a picture can show",
            hint="--depth steps",
        )
    import graphviz

    theme = look.theme
    palette = Palette(network, theme, look.lit(network))
    dot = graphviz.Digraph(
        network.name,
        graph_attr={
            "fontname": FONT, "fontsize": "10", "labeljust": "l", "ranksep": "0.25",
            "rankdir": "LR" if look.layout == "landscape" else "TB",
            "bgcolor": theme.paper, "fontcolor": theme.ink, **BOUNDED,
        },
        node_attr={
            "fontname": FONT, "fontsize": "9", "shape": "box", "style": "rounded,filled",
            "fillcolor": theme.box, "color": theme.inner, "fontcolor": theme.ink,
            "height": "0.25", "margin": "0.06,0.03",
        },
        edge_attr={"color": theme.line, "arrowsize": "0.5"},
    )  # fmt: skip
    dot.node("title", title(network, look)[0], shape="plain", style="")
    _Drawing(network, palette).items(dot, clusters(network), 0)
    for operation in network.operations.values():
        for source in operation.inputs:
            dot.edge(source, operation.name)
    for name in network.inputs.values():
        dot.edge("title", name, style="invis")
    dot.attr(
        labelloc="b", label=panel(network, palette, _axis(network)) if look.with_legend else ""
    )
    return str(dot.source)


class _Drawing:
    def __init__(self, network: Network, palette: Palette) -> None:
        self._groups = network.groups
        self._palette = palette
        self._numbers = count(1)

    def items(self, dot: Digraph, items: tuple[Item, ...], depth: int) -> None:
        for item in items:
            if isinstance(item, Cluster):
                self._cluster(dot, item, depth)
            else:
                _operation(dot, item, self._groups.get(item.group or ""), self._palette)

    def _cluster(self, dot: Digraph, cluster: Cluster, depth: int) -> None:
        theme = self._palette.theme
        # `with dot.subgraph(...)` would copy all of `dot` for each cluster.
        child = type(dot)(f"cluster_{next(self._numbers)}")
        child.attr(
            label=cluster.heading, style="rounded,filled", color=theme.rule, labelloc="t",
            fillcolor=(theme.bands[0], theme.paper)[depth % 2],
        )  # fmt: skip
        self.items(child, cluster.items, depth + 1)
        dot.subgraph(child)


def _operation(
    dot: Digraph, operation: Operation, group: WeightGroup | None, palette: Palette
) -> None:
    hint = f"{operation.name}: {operation.place.label}, {shape_text(operation.shape)}"
    if group is None:
        dot.node(operation.name, escape(describe(operation.op)), tooltip=hint)
        return
    ink = palette.text(group.name)
    rows = [
        cell(f"<B>{notation.html(notation.of_group(group), SMALL, ink)}</B>"),
        cell(font(escape(describe(operation.op)), TINY, ink)),
    ]
    label = html(table(rows, CELLSPACING=0, CELLPADDING=0))
    dot.node(operation.name, label, tooltip=hint, fillcolor=palette.fill(group.name))


def _axis(network: Network) -> str | None:
    """The name of the outermost levels."""
    cycles = (stage for stage in network.tree if isinstance(stage, Cycle))
    return next((cycle.index for cycle in cycles if any(equations(cycle))), None)
