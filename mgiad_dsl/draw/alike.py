"""What looks alike in a story, and one item for several: ``A_l`` for ``A_2``, ``A_3``, ``A_4``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from typing_extensions import assert_never

from mgiad_dsl.draw.story import Block, Chip, Extents, Item, Line, Nested, Stop, Transfer


def looks(item: Item) -> tuple[object, ...]:
    """How an item looks but for its indices: equal if two look alike."""
    match item:
        case Block():
            return item.role, item.title, item.steps, tuple(map(_line_looks, item.lines))
        case Transfer():
            return item.rises, tuple(map(_line_looks, item.lines))
        case Nested():
            inside = ((each.level, looks(each)) for each in item.items)
            return item.title, tuple(inside)
        case Stop():
            return ()
        case _:
            assert_never(item)


def _line_looks(line: Line) -> tuple[object, ...]:
    chips = [(c.name, len(c.indices), c.kind, c.coupling, c.group is None) for c in line.chips]
    return line.name, line.words, line.note, tuple(chips)


@dataclass(frozen=True)
class Merge:
    """Merges what looks alike and differs in the index ``name``, which has the ``values``.

    Without a name each operator says its own, as it is declared.
    """

    name: str | None
    values: tuple[int, ...]

    def item(self, items: Sequence[Item]) -> Item:
        """One item for several, with the key of the first."""
        first = items[0]
        match first:
            case Block():
                return self._block([item for item in items if isinstance(item, Block)])
            case Transfer():
                return self.way([item for item in items if isinstance(item, Transfer)])
            case Nested():
                inside = [item.items for item in items if isinstance(item, Nested)]
                merged = tuple(map(self.item, zip(*inside, strict=True)))
                return replace(first, items=merged, values=_values(items))
            case Stop():
                return first
            case _:
                assert_never(first)

    def way(self, ways: Sequence[Transfer]) -> Transfer:
        """One way for several."""
        lines = self._lines([way.lines for way in ways])
        return replace(ways[0], lines=lines, values=_values(ways))

    def _block(self, blocks: Sequence[Block]) -> Block:
        first, last = blocks[0], blocks[-1]
        return replace(
            first,
            lines=self._lines([block.lines for block in blocks]),
            shape=extents([block.shape for block in blocks]),
            values=_values(blocks),
            over=(*first.over[:1], *last.over[-1:]),
        )

    def line(self, lines: Sequence[Line]) -> Line:
        """One line for several."""
        chips = zip(*(line.chips for line in lines), strict=True)
        return replace(lines[0], chips=tuple(map(self._chip, chips)))

    def _lines(self, lines: Sequence[tuple[Line, ...]]) -> tuple[Line, ...]:
        return tuple(map(self.line, zip(*lines, strict=True)))

    def _chip(self, chips: Sequence[Chip]) -> Chip:
        columns = list(zip(*(chip.indices for chip in chips), strict=True))
        names = chips[0].names if self.name is None else [self.name] * len(columns)
        indices = tuple(map(self._index, names, columns))
        # On the way down and up the same: that of the finest level comes first.
        ordered = [chip for _, chip in sorted(zip(self.values, chips, strict=True), key=_value)]
        return replace(one(ordered), indices=indices)

    def _index(self, name: str, found: Sequence[str]) -> str:
        """``2, 3, 4`` of the values ``1, 2, 3`` are ``l+1``."""
        if len(set(found)) == 1:
            return found[0]
        if not all(text.lstrip("-").isdigit() for text in found):
            return "…"
        apart = {int(text) - value for text, value in zip(found, self.values, strict=True)}
        if len(apart) > 1:
            return "…"
        distance = apart.pop()
        return name + (f"{distance:+d}".replace("-", "−") if distance else "")


def _value(pair: tuple[int, Chip]) -> int:
    return pair[0]


def one(chips: Sequence[Chip]) -> Chip:
    """The first of several chips, for the groups of all."""
    found = dict.fromkeys(group for chip in chips for group in chip.groups)
    return replace(chips[0], also=tuple(found)[1:])


def _values(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for item in items for value in item.values))


def extents(shapes: Sequence[Extents]) -> Extents:
    """The shapes of several as one: ``16…4`` where they differ."""
    if len({len(shape) for shape in shapes}) > 1:
        return shapes[0]
    return tuple(
        column[0] if len(set(column)) == 1 else f"{_first(column[0])}…{_last(column[-1])}"
        for column in zip(*shapes, strict=True)
    )


def _first(size: int | str) -> str:
    return str(size).split("…")[0]


def _last(size: int | str) -> str:
    return str(size).split("…")[-1]
