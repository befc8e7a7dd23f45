"""The arrows of a block diagram: along the cycle, and past it (what is kept of a level)."""

from __future__ import annotations

from typing import TypeAlias

from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.ends import EndArrow
from mgiad_dsl.draw.flow import Flow
from mgiad_dsl.draw.layout import ASIDE, DOWN, UP, Layout, Point, Rect
from mgiad_dsl.draw.place import GAP
from mgiad_dsl.draw.story import Item, Nested, Transfer, groups
from mgiad_dsl.graph.network import Network

Ink: TypeAlias = "dict[str, str]"
WAYS = {UP: "up", DOWN: "down"}


class Arrows:
    def __init__(self, network: Network, canvas: Canvas, palette: Palette, small: bool) -> None:
        self._network = network
        self._canvas = canvas
        self._palette = palette
        self._small = small

    def end(self, arrow: EndArrow, layout: Layout) -> None:
        """An arrow from or to an end of the figure."""
        tail = self._out_of(arrow.tail, layout, arrow.way)
        head = self._into(arrow.head, layout, arrow.way)
        self._canvas.path(tail, arrow.points, head, arrow.leave, arrow.enter)

    def cycle(self, items: tuple[Item, ...], layout: Layout) -> None:
        """The arrows between the items of a cycle."""
        before: Item | None = None
        transfer: Transfer | None = None
        for item in items:
            if isinstance(item, Transfer):
                transfer = item
                continue
            if before and not before.level.is_beside(item.level):
                self._canvas.path(before.key, _lane(before, item, layout), item.key)
            elif before and layout.turned and before.level != item.level:
                self._across(before, transfer, item, layout)
            elif before:
                way = _way(layout.rects[before.key], layout.rects[item.key])
                tail, head = self._out_of(before, layout, way), self._into(item, layout, way)
                turn = self._turn(item, layout, way)
                self._arrow(tail, transfer, turn, head, self._ties(before, transfer, item))
            if isinstance(item, Nested):
                self.cycle(item.items, layout.inner[item.key])
            before, transfer = item, None
        self._kept(items)

    def _across(self, tail: Item, transfer: Transfer | None, head: Item, layout: Layout) -> None:
        """An arrow to another column: straight, or down and then across."""
        one, other = layout.rects[tail.key], layout.rects[head.key]
        if one.y == other.y:
            self._arrow(tail.key, transfer, (), head.key, self._ties(tail, transfer, head))
            return
        # Beside the middle, where the dashed arrow of what is kept may run.
        x = one.x + (one.width if other.x > one.x else -one.width) / 4
        start, turn = f"{tail.key}.{head.key}.0", f"{tail.key}.{head.key}.1"
        self._canvas.point(start, x, one.bottom)
        self._canvas.point(turn, x, other.y)
        ties = self._ties(tail, transfer, head)
        self._canvas.edge(start, turn, arrowhead="none", **{**self._ink(transfer), **ties[0]})
        self._arrow(turn, transfer, (), head.key, ties)

    def _into(self, item: Item, layout: Layout, way: int) -> str:
        """Where an arrow enters an item; a nested cycle at its first block."""
        if not isinstance(item, Nested) or way == ASIDE:
            return item.key
        rect, key = layout.rects[item.key], f"{item.key}_in_{WAYS[way]}"
        self._canvas.point(key, layout.entry_x(item), rect.top if way == DOWN else rect.bottom)
        return key

    def _out_of(self, item: Item, layout: Layout, way: int) -> str:
        """Where an arrow leaves an item; a nested cycle below its last block, or above its end."""
        if not isinstance(item, Nested) or way == ASIDE:
            return item.key
        rect, key = layout.rects[item.key], f"{item.key}_out_{WAYS[way]}"
        self._canvas.point(key, layout.exit_x(item, way), rect.bottom if way == DOWN else rect.top)
        if way == DOWN:
            tail = self._out_of(item.items[-1], layout.inner[item.key], DOWN)
            self._canvas.edge(tail, key, arrowhead="none")
        return key

    def _turn(self, item: Item, layout: Layout, way: int) -> tuple[Point, ...]:
        """Where an arrow turns to a block or a stop, lest it runs through a nested cycle beside."""
        if isinstance(item, Nested) or not layout.inner or way == ASIDE:
            return ()
        row = layout.track(item).rect
        return ((layout.rects[item.key].x, row.top if way == DOWN else row.bottom),)

    def _arrow(
        self,
        tail: str,
        transfer: Transfer | None,
        points: tuple[Point, ...],
        head: str,
        ties: tuple[Ink, Ink],
    ) -> None:
        """An arrow along which a transfer stands; ``ties`` are the inks before and behind it."""
        if transfer is None or self._small:
            self._canvas.path(tail, points, head, **{**self._ink(transfer), **ties[0]})
        else:
            self._canvas.edge(tail, transfer.key, arrowhead="none", **ties[0])
            self._canvas.path(transfer.key, points, head, **ties[1])

    def _ties(self, tail: Item, transfer: Transfer | None, head: Item) -> tuple[Ink, Ink]:
        """What ties the uses of a highlighted group along an arrow, before and behind its way."""
        if transfer is None or self._small:
            return self._tie(tail, head), {}
        return self._tie(tail, transfer), self._tie(transfer, head)

    def _tie(self, one: Item, other: Item) -> Ink:
        """The ink of an arrow between two items that use the same highlighted group."""
        shared = sorted(groups(one) & groups(other) & self._palette.lit)
        return {"color": self._palette.fill(shared[0]), "penwidth": "2.4"} if shared else {}

    def _ink(self, transfer: Transfer | None) -> Ink:
        """In a figure of discs an arrow has the colour of its transfer."""
        if transfer is None or not self._small:
            return {}
        return {"color": self._colour(transfer), "penwidth": "1.6"}

    def _colour(self, transfer: Transfer) -> str:
        """The colour of the operator that moves data between the levels."""
        groups = [chip.group for line in transfer.lines for chip in line.chips if chip.group]
        moving = [name for name in groups if self._network.groups[name].role == "transfer"]
        return self._palette.fill(moving[-1]) if moving else self._palette.theme.kept

    def _kept(self, items: tuple[Item, ...]) -> None:
        """Dashed arrows for values that wait on a level while the cycle is below it."""
        flow = Flow(self._network, items)
        for number, item in enumerate(items):
            if isinstance(item, Transfer) and item.rises:
                landing = items[number + 1]
                for tail in flow.sources(item):
                    if tail.level == item.target:
                        ink = {"color": self._palette.theme.kept, **self._tie(tail, landing)}
                        self._canvas.edge(tail.key, landing.key, style="dashed", **ink)


def _way(tail: Rect, head: Rect) -> int:
    if tail.bottom <= head.top:
        return DOWN
    return UP if tail.top >= head.bottom else ASIDE


def _lane(tail: Item, head: Item, layout: Layout) -> tuple[Point, ...]:
    """The way to a level further off, where nothing stands: before its item begins."""
    one, other = layout.rects[tail.key], layout.rects[head.key]
    if layout.turned:
        return (one.x, other.top - GAP), (other.x, other.top - GAP)
    return (other.left - GAP, one.y), (other.left - GAP, other.y)
