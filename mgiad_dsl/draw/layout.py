"""Places: boxes, the tracks of levels, and a cycle laid out. Points, y running down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mgiad_dsl.draw.story import Item, Level, Nested
from mgiad_dsl.graph.ops import Shape


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

    context: Mapping[str, int]
    level: Level
    shape: Shape
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

    def entry_x(self, items: tuple[Item, ...]) -> float:
        """Where arrows from above come into the first item."""
        return self.inmost(items, 0).x

    def inmost(self, items: tuple[Item, ...], end: int) -> Rect:
        """The first (0) or last (-1) block, inside whatever cycles it stands in."""
        item = items[end]
        if isinstance(item, Nested):
            return self.inner[item.key].inmost(item.items, end)
        return self.rects[item.key]
