"""The ends of a figure: where inputs, start and outputs stand, and how their arrows run.

Inputs stand above the start. An output stands beside the item that it shows: above the first row
of levels, below the last one, or to the right of its own; so does an input that an item is the
first to use. Arrows turn in the strips between rows and ends, where no box is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mgiad_dsl.draw.flow import Flow
from mgiad_dsl.draw.labels import Size
from mgiad_dsl.draw.layout import ASIDE, DOWN, MARGIN, UP, Layout, Point, Rect
from mgiad_dsl.draw.story import Block, Item, Story, Transfer
from mgiad_dsl.graph.network import Network

GAP = 16.0
STRIP = 28.0
FACING = {UP: "s", ASIDE: "w", DOWN: "n"}  # the side of an end that looks at the rows


@dataclass(frozen=True)
class EndArrow:
    """An arrow from or to an end, ``way`` up, down or aside, through points.

    ``leave`` and ``enter`` are sides of boxes, by the compass, where they matter.
    """

    tail: Item
    head: Item
    way: int
    points: tuple[Point, ...] = ()
    leave: str = ""
    enter: str = ""


class Ends:
    """Places the ends: ``rects`` by their keys, and ``arrows``."""

    def __init__(
        self, network: Network, story: Story, layout: Layout, size: Callable[[Block], Size]
    ) -> None:
        self._size = size
        self._story = story
        self._layout = layout
        self._entry = layout.entry_x(story.items[0]) if story.items else 0.0
        starts = (story.start,) if story.start else ()
        self._flow = Flow(network, (*story.inputs, *starts, *story.items))
        self._shelves = {
            UP: _Shelf(size, -MARGIN - STRIP, UP),
            ASIDE: _Shelf(size, layout.width + MARGIN + 2 * STRIP, ASIDE),
            DOWN: _Shelf(size, layout.height + MARGIN + STRIP, DOWN),
        }
        self._sides: dict[str, int] = {}
        self._feeds: list[tuple[Block, Block]] = []  # inputs above all, and what they feed
        self.rects: dict[str, Rect] = {}
        self.arrows: list[EndArrow] = []
        if story.start:
            self._start(story.start)
        above = [block for block in story.inputs if not self._input(block)]
        for block in story.outputs:
            self._output(block, above)
        self._above(above)

    @property
    def top(self) -> float:
        """The upper edge of all."""
        return min((rect.top for rect in self.rects.values()), default=0.0)

    # -- which end stands where --------------------------------------------------------------

    def _start(self, start: Block) -> None:
        self._stand(start, UP, self._entry)
        self._sides[start.key] = UP if self._story.items else DOWN  # where outputs hang on it
        if self._story.items:
            self.arrows.append(EndArrow(start, self._story.items[0], DOWN))

    def _input(self, block: Block) -> bool:
        """Put an input beside the item that is the first to use it, if one is."""
        user, start = self._flow.user(block), self._story.start
        if user and user != start:
            self._beside(user, block, comes=True)
            return True
        self._feeds += [(block, start)] if user and start else []
        return False

    def _output(self, block: Block, above: list[Block]) -> None:
        sources = self._flow.sources(block)
        if sources and sources[-1] not in above:
            self._beside(sources[-1], block, comes=False)
            return
        self._stand(block, UP, self._entry)
        self._feeds += [(source, block) for source in above if source in sources]

    def _above(self, inputs: list[Block]) -> None:
        """Inputs in a row above what they feed, with arrows down to it."""
        widths = [self._size(block)[0] for block in inputs]
        extent = sum(widths) + GAP * (len(widths) - 1)
        left = self._entry - extent / 2
        fed = [self.rects[head.key].right for _, head in self._feeds]
        right = max([left + extent, *fed])
        turn = min([r.top for r in self.rects.values() if r.left < right], default=0) - STRIP / 2
        row = _Shelf(self._size, turn - STRIP, UP, left)
        for block in inputs:
            self.rects[block.key] = row.put(block, left)
        for source, head in self._feeds:
            x = self.rects[head.key].x
            points = ((x, turn),) if x != self.rects[source.key].x else ()
            self.arrows.append(EndArrow(source, head, DOWN, points, "s", "n"))

    # -- beside an item ----------------------------------------------------------------------

    def _beside(self, item: Item, end: Block, *, comes: bool) -> None:
        """An end stands beside an item, to which its arrow ``comes`` or from which it goes."""
        side = self._side(item, comes=comes)
        x, y = self._door(item, side, comes=comes)
        rect = self._stand(end, side, y if side == ASIDE else x)
        straight = side != ASIDE and rect.x == x
        points = () if straight else self._turns(item, (x, y), side)
        if comes:
            self.arrows.append(EndArrow(end, item, -side, points[::-1], leave=FACING[side]))
        else:
            self.arrows.append(EndArrow(item, end, side, points, enter=FACING[side]))

    def _stand(self, end: Block, side: int, at: float) -> Rect:
        self._sides[end.key] = side
        self.rects[end.key] = rect = self._shelves[side].put(end, at)
        return rect

    def _side(self, item: Item, *, comes: bool) -> int:
        """Above the first row, below the last one, or to the right."""
        if item.key in self._sides:
            return self._sides[item.key]
        tracks = self._layout.tracks
        rows = [(UP, tracks[0]), (DOWN, tracks[-1])]
        ordered = rows if comes else reversed(rows)
        return next((side for side, track in ordered if track.level == item.level), ASIDE)

    def _door(self, item: Item, side: int, *, comes: bool) -> Point:
        """Where an arrow goes to or comes from."""
        layout, end = self._layout, self.rects.get(item.key)
        rect = end or layout.rects[item.key]
        if end or side == ASIDE:
            return rect.x, rect.y
        return (layout.entry_x(item) if comes else layout.exit_x(item, side)), rect.y

    def _turns(self, item: Item, door: Point, side: int) -> tuple[Point, ...]:
        """Where an arrow turns between a door and an end."""
        (x, y), layout = door, self._layout
        if side == UP:
            return ((x, -MARGIN),)
        if side == DOWN:
            return ((x, layout.height + MARGIN),)
        right = layout.width + MARGIN + STRIP
        row = [
            layout.rects[other.key]
            for other in self._story.items
            if not isinstance(other, Transfer) and other.level == item.level
        ]
        if not any(rect.x > x for rect in row):
            return ((right, y),)
        below = layout.track(item).rect.bottom + MARGIN / 2
        return (x, below), (right, below)


class _Shelf:
    """Boxes next to each other along the line ``edge``, on its ``side``."""

    def __init__(
        self,
        size: Callable[[Block], Size],
        edge: float,
        side: int,
        free: float = float("-inf"),
    ) -> None:
        self._size = size
        self._edge = edge
        self._side = side
        self._free = free

    def put(self, block: Block, at: float) -> Rect:
        """The place of a box: at ``at``, or as soon after it as there is room."""
        width, height = self._size(block)
        aside = self._side == ASIDE
        length, depth = (height, width) if aside else (width, height)
        along = max(at, self._free + length / 2)
        self._free = along + length / 2 + GAP
        across = self._edge + (-depth if self._side == UP else depth) / 2
        return Rect(*((across, along) if aside else (along, across)), width, height)
