"""Places: boxes, the tracks of levels, and a cycle laid out. Points, y running down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from mgiad_dsl.draw.story import Extents, Item, Level, Nested

MARGIN = 8.0  # of a band around its row
CORNER = 16.0
UP, ASIDE, DOWN = -1, 0, 1

Point: TypeAlias = "tuple[float, float]"


@dataclass(frozen=True)
class Rect:
    """A box by its centre and its extents."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2

    def moved(self, x: float, y: float) -> Rect:
        return replace(self, x=self.x + x, y=self.y + y)

    def grown(self, margin: float) -> Rect:
        return replace(self, width=self.width + 2 * margin, height=self.height + 2 * margin)


@dataclass(frozen=True)
class Track:
    """The row or column of a level; ``context`` are the levels around it and its own."""

    context: Mapping[str, Level]
    level: Level
    shape: Extents
    rect: Rect
    turned: bool

    def moved(self, x: float, y: float) -> Track:
        return replace(self, rect=self.rect.moved(x, y))


@dataclass
class Layout:
    """A placed cycle; its corner is the origin, y runs down."""

    width: float
    height: float
    rects: dict[str, Rect]
    tracks: list[Track]
    turned: bool
    inner: dict[str, Layout] = field(default_factory=dict)

    def moved(self, x: float, y: float) -> Layout:
        return replace(
            self,
            rects={key: rect.moved(x, y) for key, rect in self.rects.items()},
            tracks=[track.moved(x, y) for track in self.tracks],
            inner={key: layout.moved(x, y) for key, layout in self.inner.items()},
        )

    def track(self, item: Item) -> Track:
        """The row or column of an item."""
        return next(track for track in self.tracks if track.level == item.level)

    def entry_x(self, item: Item) -> float:
        """Where arrows come into an item from above or below: a nested cycle at its first block."""
        if isinstance(item, Nested):
            return self.inner[item.key].entry_x(item.items[0])
        return self.rects[item.key].x

    def exit_x(self, item: Item, way: int) -> float:
        """Where arrows leave an item: a nested cycle below its last block, or above its end."""
        if isinstance(item, Nested) and way == UP:
            return self.rects[item.key].right - CORNER
        if isinstance(item, Nested):
            return self.inner[item.key].exit_x(item.items[-1], DOWN)
        return self.rects[item.key].x
