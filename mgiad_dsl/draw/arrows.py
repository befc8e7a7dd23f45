"""The arrows of a block diagram: along the cycle, and past it (what is kept of a level)."""

from __future__ import annotations

from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.place import Layout
from mgiad_dsl.draw.story import Item, Nested, Story, Transfer
from mgiad_dsl.graph import NetGraph
from mgiad_dsl.ops import Input

KEPT = "#999999"


class Arrows:
    def __init__(self, graph: NetGraph, canvas: Canvas, palette: Palette, small: bool) -> None:
        self._graph = graph
        self._canvas = canvas
        self._palette = palette
        self._small = small

    def draw(self, story: Story, layout: Layout) -> None:
        """All arrows of a figure."""
        items = story.items
        if story.start:
            for node in self._graph.nodes.values():
                if isinstance(node.op, Input):
                    self._canvas.edge(node.name, story.start.key)
            for head in [_entry(items[0], True)] if items else [o.key for o in story.outputs]:
                self._canvas.edge(story.start.key, head)
        self._cycle(items, layout)
        for output in story.outputs if items else ():
            self._canvas.edge(_exit(items[-1], layout.ends_below(items)), output.key)

    def _cycle(self, items: tuple[Item, ...], layout: Layout) -> None:
        before: Item | None = None
        transfer: Transfer | None = None
        for item in items:
            if isinstance(item, Transfer):
                transfer = item
                continue
            if before:
                down = layout.rects[before.key].bottom <= layout.rects[item.key].top
                self._way(_exit(before, down), transfer, _entry(item, down))
            if isinstance(item, Nested):
                self._inside(item, layout.inner[item.key])
            before, transfer = item, None
        self._kept(items)

    def _way(self, tail: str, transfer: Transfer | None, head: str) -> None:
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
        moving = [name for name in groups if self._graph.groups[name].role == "transfer"]
        return self._palette.fill(moving[-1]) if moving else KEPT

    def _inside(self, item: Nested, inner: Layout) -> None:
        self._cycle(item.items, inner)
        self._canvas.edge(_exit(item.items[-1], True), f"{item.key}_out", arrowhead="none")

    def _kept(self, items: tuple[Item, ...]) -> None:
        """Dashed arrows for values that wait on a level while the cycle is below it."""
        owner = self._owners(items)
        for number, item in enumerate(items):
            if isinstance(item, Transfer) and item.level.value > item.target.value:
                landing = items[number + 1]
                for tail in sorted(self._sources(item, owner), key=items.index):
                    if not isinstance(tail, Transfer) and tail.level == item.target:
                        self._canvas.edge(tail.key, landing.key, style="dashed", color=KEPT)

    @staticmethod
    def _owners(items: tuple[Item, ...]) -> dict[int, Item]:
        """The item that has each statement's value: for a transfer the one it leads to."""
        owner = {}
        for number, item in enumerate(items):
            holder = items[number + 1] if isinstance(item, Transfer) else item
            owner.update(dict.fromkeys(item.statements, holder))
        return owner

    def _sources(self, item: Item, owner: dict[int, Item]) -> set[Item]:
        """The items that give the values an item works on."""
        nodes = self._graph.nodes
        used = {
            nodes[name].statement
            for node in nodes.values()
            if node.statement in item.statements
            for name in node.inputs
        }
        return {owner[number] for number in used - item.statements if number in owner}


def _entry(item: Item, down: bool) -> str:
    return f"{item.key}_in" if isinstance(item, Nested) and down else item.key


def _exit(item: Item, down: bool) -> str:
    return f"{item.key}_out" if isinstance(item, Nested) and down else item.key
