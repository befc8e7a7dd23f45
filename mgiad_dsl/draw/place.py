"""Where the blocks of a cycle go: levels along one axis, time along the other.

The levels of a cycle are rows and time runs to the right; inside a nested cycle the axes
change places: its levels are columns and time runs down. All lengths are in points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mgiad_dsl.draw.layout import Layout, Rect, Track
from mgiad_dsl.draw.story import Extents, Item, Level, Nested, Stop, Transfer

GAP = 16.0
PAD = 9.0


class Style(Protocol):
    """How large the parts of a figure are."""

    @property
    def header(self) -> float:
        """Room for the names above columns."""

    @property
    def least(self) -> float:
        """How long rows are at least."""

    @property
    def heading(self) -> float:
        """Room for the names above rows."""

    @property
    def track(self) -> float:
        """The least extent of a row."""

    @property
    def gap(self) -> float:
        """Between what stands side by side."""

    @property
    def arrow(self) -> float:
        """The length of an arrow before and behind what stands on it."""

    def slope(self, entry: float) -> float:
        """How far the next level is ahead; ``entry`` is half of the largest block."""

    def size(self, item: Item) -> tuple[float, float]:
        """Width and height of a block, a stop or a transfer."""

    def gutter(self, items: tuple[Item, ...]) -> float:
        """Width of the labels beside rows."""

    def column(self, level: Level, shape: Extents) -> float:
        """Width of the label above a column."""


def place(
    items: tuple[Item, ...], style: Style, context: Mapping[str, Level], turned: bool = False
) -> Layout:
    """Lay out the items of a cycle."""
    if not items:
        return Layout(0, 0, {}, [], turned)
    return _Placement(items, style, context, turned).layout()


@dataclass(frozen=True)
class _Extent:
    """A box seen from its cycle: along time (with the points where arrows come and go)."""

    time: float
    across: float
    entry: float
    exit: float


class _Placement:
    def __init__(
        self, items: tuple[Item, ...], style: Style, context: Mapping[str, Level], turned: bool
    ) -> None:
        self._items = items
        self._style = style
        self._context = context
        self._turned = turned
        self._inner = {
            item.key: place(item.items, style, {**context, item.level.name: item.level}, not turned)
            for item in items
            if isinstance(item, Nested)
        }
        self._extents = {item.key: self._extent(item) for item in items}
        self._shapes = self._level_shapes()
        self._ranges = self._across()

    def layout(self) -> Layout:
        times = self._times()
        end = max(times[i.key] + self._extents[i.key].time for i in self._items)
        if not self._context:
            end = max(end, self._style.least)
        first, last = self._ranges[min(self._ranges)], self._ranges[max(self._ranges)]
        total = last[0] + last[1]
        rects, inner = {}, {}
        for item in self._items:
            extent = self._extents[item.key]
            rect = self._rect(
                times[item.key] + extent.time / 2, self._centre(item), extent.time, extent.across
            )
            rects[item.key] = rect
            if item.key in self._inner:
                child = self._inner[item.key].moved(
                    rect.x - rect.width / 2 + PAD, rect.y - rect.height / 2 + PAD
                )
                inner[item.key] = child
                rects.update(child.rects)
        width, height = self._pair(end, total - first[0])
        return Layout(width, height, rects, self._tracks(end), self._turned, inner)

    # -- sizes -------------------------------------------------------------------------------

    def _pair(self, time: float, across: float) -> tuple[float, float]:
        """(time, across) as (x, y), and back."""
        return (across, time) if self._turned else (time, across)

    def _rect(self, time: float, across: float, length: float, extent: float) -> Rect:
        return Rect(*self._pair(time, across), *self._pair(length, extent))

    def _extent(self, item: Item) -> _Extent:
        if not isinstance(item, Nested):
            time, across = self._pair(*self._style.size(item))
            return _Extent(time, across, time / 2, time / 2)
        child = self._inner[item.key]
        time, across = self._pair(child.width + 2 * PAD, child.height + 2 * PAD)
        if self._turned:
            return _Extent(time, across, time / 2, time / 2)
        ends = (child.rects[item.items[i].key] for i in (0, -1))
        entry, leave = (PAD + self._pair(rect.x, rect.y)[0] for rect in ends)
        return _Extent(time, across, entry, leave)

    def _level_shapes(self) -> dict[Level, Extents]:
        shapes: dict[Level, Extents] = {}
        for item in self._items:
            if not isinstance(item, Transfer):
                shape = () if isinstance(item, Stop) else item.shape
                shapes[item.level] = shapes.get(item.level) or shape
        names = list(dict.fromkeys(level.name for level in shapes))
        order = {name: number for number, name in enumerate(names)}
        return dict(sorted(shapes.items(), key=lambda each: (order[each[0].name], each[0].value)))

    def _across(self) -> dict[int, tuple[float, float]]:
        """Start and extent of every level, by its place in the order of levels."""
        ranges: dict[int, tuple[float, float]] = {}
        start = 0.0
        widest, between = self._widest(), self._between()
        for number, (level, shape) in enumerate(self._shapes.items()):
            label = self._style.column(level, shape) if self._turned else self._style.track
            extent = max(widest[level], label) + self._heading
            ranges[number] = (start, extent)
            start += extent + between[level]
        self._numbers = {level: number for number, level in enumerate(self._shapes)}
        return ranges

    def _widest(self) -> dict[Level, float]:
        """The room that the items on each level need."""
        rooms: dict[Level, float] = defaultdict(float)
        for item in self._items:
            if not isinstance(item, Transfer):
                rooms[item.level] = max(rooms[item.level], self._extents[item.key].across)
        return rooms

    def _between(self) -> dict[Level, float]:
        """The room that transfers and their arrows need between each level and the next."""
        rooms: dict[Level, float] = defaultdict(lambda: 2 * self._style.arrow)
        for item in self._items:
            if isinstance(item, Transfer):
                gap = min_level(item)
                rooms[gap] = max(rooms[gap], self._extents[item.key].across + 2 * self._style.arrow)
        return rooms

    @property
    def _heading(self) -> float:
        return 0.0 if self._turned else self._style.heading

    # -- positions ---------------------------------------------------------------------------

    def _centre(self, item: Item) -> float:
        """The middle of an item across its levels."""
        if isinstance(item, Transfer):
            upper = self._ranges[self._numbers[min_level(item)]]
            lower = self._ranges[self._numbers[min_level(item)] + 1]
            return (upper[0] + upper[1] + lower[0]) / 2
        start, extent = self._ranges[self._numbers[item.level]]
        return start + (extent + self._heading) / 2

    def _times(self) -> dict[str, float]:
        """Where each item begins in time: as early as the items before it allow."""
        return self._times_down() if self._turned else self._times_right()

    def _times_down(self) -> dict[str, float]:
        """In columns: an item stands beside the one before it, if its column is free there.

        Else the arrow to it has a corner: down from the one before, then across.
        """
        times: dict[str, float] = {}
        free: dict[Level, float] = defaultdict(lambda: self._style.header)
        free_between: dict[Level, float] = defaultdict(lambda: self._style.header)
        before: Item | None = None
        transfer: Transfer | None = None
        done = 0.0
        for item in self._items:
            if isinstance(item, Transfer):
                transfer = item
                continue
            middle = free[item.level] + self._extents[item.key].time / 2
            if before is None:
                middle = self._style.header + self._first_row() / 2
            elif item.level != before.level:
                length = self._extents[before.key].time
                leave = times[before.key] + length / 2
                gap = min(before.level, item.level, key=_value)
                half = self._extents[transfer.key].time / 2 if transfer else 0.0
                middle = max(middle, leave, free_between[gap] + half)
                if not item.level.is_beside(before.level):  # the arrow needs a lane of its own
                    middle = max(middle, done + 2 * GAP + self._extents[item.key].time / 2)
                elif middle > leave:
                    middle = max(middle, leave + length / 2 + GAP / 2)
                    free[before.level] = max(free[before.level], middle + GAP / 2)
                free_between[gap] = middle + half + 5
                if transfer:
                    times[transfer.key] = middle - half
                    done = max(done, middle + half)
            times[item.key] = middle - self._extents[item.key].time / 2
            end = middle + self._extents[item.key].time / 2
            free[item.level], done = end + self._style.gap, max(done, end)
            before, transfer = item, None
        return times

    def _first_row(self) -> float:
        """The height of what comes first in each column."""
        firsts: dict[Level, float] = {}
        for item in self._items:
            if not isinstance(item, Transfer):
                firsts.setdefault(item.level, self._extents[item.key].time)
        return max(firsts.values())

    def _times_right(self) -> dict[str, float]:
        """In rows: an item stands at the end of a sloped arrow from the one before it."""
        head = self._style.gutter(self._items)
        slope = self._slope()
        times: dict[str, float] = {}
        free: dict[Level, float] = defaultdict(lambda: head)
        free_between: dict[Level, float] = defaultdict(lambda: head)
        leave, end, transfer, level = head, head, None, self._items[0].level
        done = head
        for item in self._items:
            if isinstance(item, Transfer):
                transfer = item
                continue
            extent = self._extents[item.key]
            arrival = max(free[item.level] + extent.entry, leave)
            if item.level != level:
                leave = end if item.level.value < level.value else leave
                gap = min(level, item.level, key=_value)
                half = self._extents[transfer.key].time / 2 if transfer else 0.0
                arrival = max(arrival, leave + slope, 2 * (free_between[gap] + half) - leave)
                middle = (leave + arrival) / 2
                free_between[gap] = middle + half + 5
                done = max(done, middle + half)
                if transfer:
                    times[transfer.key] = middle - half
            if not item.level.is_beside(level):  # the arrow needs a lane of its own
                arrival = max(arrival, done + 2 * GAP + extent.entry)
            start = arrival - extent.entry
            times[item.key] = start
            free[item.level] = start + extent.time + self._style.gap
            leave, transfer, level = start + extent.exit, None, item.level
            end = start + extent.time if item.key in self._inner else leave
            done = max(done, start + extent.time)
        return times

    def _slope(self) -> float:
        """How far a neighbouring level is ahead in time: nothing stands where an arrow goes on."""
        return self._style.slope(max(extent.entry for extent in self._extents.values()))

    def _tracks(self, end: float) -> list[Track]:
        return [
            Track(
                {**self._context, level.name: level},
                level,
                shape,
                self._rect(end / 2, start + extent / 2, end, extent),
                self._turned,
            )
            for (level, shape), (start, extent) in zip(
                self._shapes.items(), self._ranges.values(), strict=True
            )
        ]


def min_level(item: Transfer) -> Level:
    """The finer of the two levels of a transfer."""
    return min(item.level, item.target, key=_value)


def _value(level: Level) -> int:
    return level.value
