"""What happens in a network, as a sequence of blocks and transfers.

The ``values`` of an item are those of its equations, in the order they run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from mgiad_dsl.draw.notation import Math, symbol

# Channels and sizes; where levels are drawn as one, a text for what differs: ``16…4``.
Extents: TypeAlias = "tuple[int | str, ...]"


@dataclass(frozen=True)
class Level:
    """One level of a hierarchy, ``l = 2``, or several that are drawn as one, to the ``last``."""

    name: str
    value: int
    last: int | None = None

    @property
    def values(self) -> range:
        return range(self.value, (self.value if self.last is None else self.last) + 1)

    @property
    def text(self) -> str:
        """``l = 2``, ``l = 2–4``"""
        return f"{self.name} = {self.value}" + ("" if self.last is None else f"–{self.last}")

    def is_beside(self, other: Level) -> bool:
        """Whether nothing lies between two levels, as far as their index tells."""
        apart = max(self.value - other.values[-1], other.value - self.values[-1])
        return self.name != other.name or apart <= 1


@dataclass(frozen=True)
class Chip:
    """An operator by its name and indices; ``group`` is its sharing group, None without weights.

    ``names`` are those of the indices where the operator is declared; ``also`` are further groups
    that are drawn as one with it.
    ``kind`` is what it does, in words, and ``coupling`` the groups of channels of a family that
    has some: ``groups of 64``, ``fully coupled``.
    """

    name: str
    indices: tuple[str, ...]
    group: str | None
    kind: str
    coupling: str = ""
    names: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """All sharing groups that it stands for."""
        return () if self.group is None else (self.group, *self.also)

    @property
    def math(self) -> Math:
        return symbol(self.name, ",".join(self.indices))


@dataclass(frozen=True)
class Line:
    """A line of a block: what it is called, and the operators it uses.

    Where it uses none, ``words`` say what it does: ``0`` sets to zero, ``=`` copies. ``note``
    says more of the operators.
    """

    name: str
    chips: tuple[Chip, ...]
    words: str
    note: str = ""


@dataclass(frozen=True)
class Block:
    """Steps on one level; steps that use the same groups in a row are one line.

    ``role`` is ``input``, ``start``, ``smooth``, ``solve`` or ``output``; ``steps`` counts them
    all. ``over`` are the levels of a cycle that is drawn as a block; of several first and last.
    """

    key: str
    level: Level
    title: str
    lines: tuple[Line, ...]
    shape: Extents
    values: tuple[str, ...]
    role: str = "smooth"
    steps: int = 1
    over: tuple[Level, ...] = ()

    @property
    def heading(self) -> str:
        """``V cycle over k = 0–2``, of several ``k = 0–2…4``"""
        if not self.over:
            return self.title
        first, last = self.over[0].values, self.over[-1].values
        texts = [f"{first[0]}" + (f"–{first[-1]}" if len(first) > 1 else "")]
        if last != first:
            texts.append(f"{last[-1]}" if last[0] == first[0] else f"{last[0]}–{last[-1]}")
        return f"{self.title} = {'…'.join(texts)}"


@dataclass(frozen=True)
class Transfer:
    """The way from one level to another, a line for each space that it sets."""

    key: str
    level: Level
    target: Level
    lines: tuple[Line, ...]
    values: tuple[str, ...]

    @property
    def rises(self) -> bool:
        """Whether it leads to the finer level."""
        return self.target.value < self.level.value


@dataclass(frozen=True)
class Nested:
    """A cycle inside a level."""

    key: str
    level: Level
    title: str
    items: tuple[Item, ...]
    values: tuple[str, ...]

    @property
    def shape(self) -> Extents:
        """The shape on the finest level that has a block."""
        blocks = [item for item in self.items if isinstance(item, (Block, Nested))]
        return min(blocks, key=lambda item: item.level.value).shape if blocks else ()


@dataclass(frozen=True)
class Stop:
    """A level that is passed without a block."""

    key: str
    level: Level
    values: tuple[str, ...] = ()


Item: TypeAlias = "Block | Nested | Stop | Transfer"


def groups(item: Item) -> set[str]:
    """The sharing groups that an item uses."""
    if isinstance(item, Nested):
        return {name for each in item.items for name in groups(each)}
    if isinstance(item, Stop):
        return set()
    return {name for line in item.lines for chip in line.chips for name in chip.groups}


@dataclass(frozen=True)
class Story:
    """The parts of a network in the order they run."""

    inputs: tuple[Block, ...]
    start: Block | None
    items: tuple[Item, ...]
    outputs: tuple[Block, ...]


def with_stops(items: Iterable[Item]) -> Iterable[Item]:
    """Put a stop wherever a level has no block to begin or to end a transfer at."""
    at: Level | None = None
    coming: Transfer | None = None
    for item in items:
        if coming and (isinstance(item, Transfer) or item.level != coming.target):
            at = coming.target
            yield Stop(f"{coming.key}_end", at)
        if isinstance(item, Transfer):
            if at != item.level:
                yield Stop(f"{item.key}_begin", item.level)
            coming = item
        else:
            at, coming = item.level, None
        yield item
    if coming:
        yield Stop(f"{coming.key}_end", coming.target)
