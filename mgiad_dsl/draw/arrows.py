"""The arrows of a block diagram: along the cycle, and past it (what is kept of a level)."""

from __future__ import annotations

from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.flow import Flow
from mgiad_dsl.draw.layout import Layout, Rect
from mgiad_dsl.draw.story import Item, Nested, Story, Transfer
from mgiad_dsl.graph.network import Network

KEPT = "#999999"
UP, ASIDE, DOWN = -1, 0, 1
WAYS = {UP: "up", DOWN: "down"}


class Arrows:
    def __init__(self, network: Network, canvas: Canvas, palette: Palette, small: bool) -> None:
        self._network = network
        self._canvas = canvas
        self._palette = palette
        self._small = small

    def draw(self, story: Story, layout: Layout) -> None:
        """All arrows of a figure."""
        items = story.items
        tails = list(self._network.inputs.values())
        if story.start:
            for tail in tails:
                self._canvas.edge(tail, story.start.key)
            tails = [story.start.key]
        heads = [self._into(items[0], layout, DOWN)] if items else [o.key for o in story.outputs]
        for tail in tails:
            for head in heads:
                self._canvas.edge(tail, head)
        self._cycle(items, layout)
        if items:
            self._outputs(story, layout)

    def _outputs(self, story: Story, layout: Layout) -> None:
        flow = Flow(self._network, story.items)
        for output in story.outputs:
            source = flow.shown(output)
            rect = layout.rects[source.key]
            if rect.y == layout.tracks[-1].rect.y:
                way = DOWN
            else:
                way = UP if rect.y == layout.tracks[0].rect.y else ASIDE
            self._canvas.edge(self._out_of(source, layout, way), output.key)

    def _cycle(self, items: tuple[Item, ...], layout: Layout) -> None:
        before: Item | None = None
        transfer: Transfer | None = None
        for item in items:
            if isinstance(item, Transfer):
                transfer = item
                continue
            if before:
                way = _way(layout.rects[before.key], layout.rects[item.key])
                tail = self._out_of(before, layout, way)
                self._arrow(tail, transfer, self._into(item, layout, way))
            if isinstance(item, Nested):
                self._cycle(item.items, layout.inner[item.key])
            before, transfer = item, None
        self._kept(items)

    def _into(self, item: Item, layout: Layout, way: int) -> str:
        """Where an arrow enters an item; a nested cycle at its first block."""
        if not isinstance(item, Nested) or way == ASIDE:
            return item.key
        rect, key = layout.rects[item.key], f"{item.key}_in_{WAYS[way]}"
        x = layout.inner[item.key].entry_x(item.items)
        self._canvas.point(key, x, rect.top if way == DOWN else rect.bottom)
        return key

    def _out_of(self, item: Item, layout: Layout, way: int) -> str:
        """Where an arrow leaves an item; a nested cycle at its last block."""
        if not isinstance(item, Nested) or way == ASIDE:
            return item.key
        rect, inner, key = (
            layout.rects[item.key],
            layout.inner[item.key],
            f"{item.key}_out_{WAYS[way]}",
        )
        x = inner.inmost(item.items, -1).x
        self._canvas.point(key, x, rect.bottom if way == DOWN else rect.top)
        if way == DOWN:
            tail = self._out_of(item.items[-1], inner, DOWN)
            self._canvas.edge(tail, key, arrowhead="none")
        return key

    def _arrow(self, tail: str, transfer: Transfer | None, head: str) -> None:
        if transfer is None:
            self._canvas.edge(tail, head)
        elif self._small:
            self._canvas.edge(tail, head, color=self._colour(transfer), penwidth="1.6")
        else:
            self._canvas.edge(tail, transfer.key, arrowhead="none")
            self._canvas.edge(transfer.key, head)

    def _colour(self, transfer: Transfer) -> str:
        """The colour of the operator that moves data between the levels."""
        groups = [name for line in transfer.lines for name in line.groups]
        moving = [name for name in groups if self._network.groups[name].role == "transfer"]
        return self._palette.fill(moving[-1]) if moving else KEPT

    def _kept(self, items: tuple[Item, ...]) -> None:
        """Dashed arrows for values that wait on a level while the cycle is below it."""
        flow = Flow(self._network, items)
        for number, item in enumerate(items):
            if isinstance(item, Transfer) and item.level.value > item.target.value:
                landing = items[number + 1].key
                for tail in flow.sources(number):
                    if tail.level == item.target:
                        self._canvas.edge(tail.key, landing, style="dashed", color=KEPT)


def _way(tail: Rect, head: Rect) -> int:
    if tail.bottom <= head.top:
        return DOWN
    return UP if tail.top >= head.bottom and head.x <= tail.right else ASIDE
