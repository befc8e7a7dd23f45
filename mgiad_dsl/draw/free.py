"""Where in a row no arrow runs, so that its name can stand there."""

from __future__ import annotations

from itertools import pairwise

from mgiad_dsl.draw.ends import EndArrow
from mgiad_dsl.draw.layout import DOWN, UP, Layout
from mgiad_dsl.draw.story import Item, Level, Transfer

_BESIDE = 9.0  # between a name and an arrow
_START = 4.0  # between the edge of a row and its name


class Free:
    """The free places at the upper edge of each row of a cycle."""

    def __init__(self, items: tuple[Item, ...], ends: list[EndArrow], layout: Layout) -> None:
        self._layout = layout
        self._taken: dict[Level, list[tuple[float, float]]] = {}
        self._numbers = {track.level: number for number, track in enumerate(layout.tracks)}
        stays = [item for item in items if not isinstance(item, Transfer)]
        for one, other in pairwise(stays):
            self._between(one, other)
        for arrow in ends:
            if arrow.way == DOWN and arrow.head.key in layout.rects:
                self._take(arrow.head.level, layout.entry_x(arrow.head))
            if arrow.way == UP and arrow.tail.key in layout.rects:
                self._take(arrow.tail.level, layout.exit_x(arrow.tail, UP))

    def left(self, level: Level, width: float) -> float:
        """Where a name of some width can begin, as far to the left as it can."""
        rect = self._layout.tracks[self._numbers[level]].rect
        at = rect.left + _START
        for start, end in sorted(self._taken.get(level, ())):
            if at + width <= start:
                break
            at = max(at, end)
        return at

    def _between(self, one: Item, other: Item) -> None:
        """The arrow between two items, at the upper edge of the lower one."""
        numbers = self._numbers[one.level], self._numbers[other.level]
        if numbers[0] == numbers[1]:
            return
        if abs(numbers[0] - numbers[1]) > 1:  # a lane through all rows between, before the item
            for track in self._layout.tracks[min(numbers) : max(numbers) + 1]:
                self._take(track.level, self._layout.rects[other.key].left - 16)
        way = DOWN if numbers[0] < numbers[1] else UP
        tail, head = self._layout.exit_x(one, way), self._layout.entry_x(other)
        lower, x = (other.level, head) if way == DOWN else (one.level, tail)
        self._take(lower, x, (tail + head) / 2)

    def _take(self, level: Level, *xs: float) -> None:
        interval = min(xs) - _BESIDE, max(xs) + _BESIDE
        self._taken.setdefault(level, []).append(interval)
