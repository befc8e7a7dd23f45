"""How large the parts of a block diagram are."""

from __future__ import annotations

from mgiad_dsl.draw import labels
from mgiad_dsl.draw.labels import SMALL
from mgiad_dsl.draw.story import Block, Item, Level, Nested, Stop, Transfer
from mgiad_dsl.graph.ops import Shape

DISC = 22.0


class Sizes:
    """Sizes of the parts; in a long cycle blocks shrink to discs and transfers to lines."""

    header = 28.0
    track = 46.0

    def __init__(self, small: bool) -> None:
        self._small = small

    def size(self, item: Item) -> tuple[float, float]:
        match item:
            case Block():
                return (DISC, DISC) if self._small else labels.block_size(item)
            case Transfer():
                return (0.0, 8.0) if self._small else labels.transfer_size(item)
            case Stop() | Nested():
                return (6.0, 6.0)

    def gutter(self, items: tuple[Item, ...]) -> float:
        names = max((len(f"{item.level.name} = {item.level.value}") for item in items), default=0)
        return max(100.0, names * 6.5) + (90.0 if self._small else 0.0) + 16

    def column(self, level: Level, shape: Shape) -> float:
        return labels.text_width(f"{level.name} = {level.value} {labels.shape_text(shape)}", SMALL)
