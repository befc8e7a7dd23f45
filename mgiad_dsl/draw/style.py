"""How large the parts of a block diagram are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from mgiad_dsl.draw.labels import SIZE, SMALL, TINY, Labels, shape_text
from mgiad_dsl.draw.metrics import text_width
from mgiad_dsl.draw.story import Block, Extents, Item, Level, Nested, Stop, Transfer

DISC = 22.0
OPERATORS = 90.0  # room for the operators of a level beside discs


Density = Literal["roomy", "narrow", "tight"]
DENSITIES: tuple[Density, ...] = get_args(Density)


@dataclass(frozen=True)
class Sizes:
    """Sizes of the parts.

    In a ``small`` figure, of a long cycle, blocks are discs and transfers lines. In a ``narrow``
    one the names of levels stand above their rows, in a ``tight`` one in two lines. ``flipped`` is
    one whose rows are columns, ``least`` how long rows are at least.
    """

    labels: Labels
    small: bool
    density: Density
    flipped: bool
    least: float = 0.0

    @property
    def narrow(self) -> bool:
        return self.density != "roomy"

    @property
    def tight(self) -> bool:
        return self.density == "tight"

    @property
    def header(self) -> float:
        """Room for the names above columns."""
        if self.flipped:
            return 110.0
        return 40.0 if self.narrow else 28.0

    @property
    def heading(self) -> float:
        """Room for the names above rows."""
        if not self.narrow or self.small or self.flipped:
            return 0.0
        return 29.0 if self.tight else 18.0

    @property
    def track(self) -> float:
        """The least extent of a row."""
        if self.flipped:
            return 100.0
        return 24.0 if self.heading else 46.0

    @property
    def gap(self) -> float:
        """Between what stands side by side."""
        if not self.narrow:
            return 16.0
        return 4.0 if self.small else 8.0

    @property
    def arrow(self) -> float:
        """The length of an arrow before and behind what stands on it."""
        return 10.0 if self.narrow else 16.0

    def slope(self, entry: float) -> float:
        """How far the next level is ahead; ``entry`` is half of the largest block."""
        wide = entry + self.gap / 2
        return min(wide, 12.0 if self.tight else 24.0) if self.narrow else wide

    def size(self, item: Item) -> tuple[float, float]:
        width, height = self._size(item)
        return (height, width) if self.flipped else (width, height)

    def _size(self, item: Item) -> tuple[float, float]:
        match item:
            case Block():
                return self._disc() if self.small else self.labels.block_size(item)
            case Transfer():
                return (0.0, 8.0) if self.small else self.labels.transfer_size(item)
            case Stop() | Nested():
                return (6.0, 6.0)

    def _disc(self) -> tuple[float, float]:
        size = 15.0 if self.narrow else DISC
        return size, size

    def gutter(self, items: tuple[Item, ...]) -> float:
        """Room for the names beside rows, at least; what ``items`` are called may need more."""
        if self.flipped:
            return 64.0
        if self.narrow:
            return 80.0 if self.small else 8.0
        names = max(map(_heading_width, items), default=0.0)
        return max(100.0, names) + (OPERATORS if self.small else 0.0) + 16

    def column(self, level: Level, shape: Extents) -> float:
        """Room for the name above a column."""
        if self.flipped:
            return 40.0
        name, shape_width = (
            text_width(level.text, SIZE, bold=True),
            text_width(shape_text(shape), SMALL),
        )
        return max(name, shape_width) + 4 if self.narrow else name + shape_width + TINY


def _heading_width(item: Item) -> float:
    name = text_width(item.level.text, SIZE, bold=True)
    return (
        max(name, text_width(shape_text(item.shape), SMALL))
        if isinstance(item, (Block, Nested))
        else name
    )
