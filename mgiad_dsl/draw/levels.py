"""A story with one block for each cycle inside a level, and one line for steps that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from mgiad_dsl.draw.alike import one
from mgiad_dsl.draw.fold import repeated
from mgiad_dsl.draw.story import Block, Chip, Item, Level, Line, Nested, Story, Transfer


def levels_only(story: Story) -> Story:
    """The story of a network, with cycles inside levels as blocks."""
    return replace(story, items=tuple(map(_item, story.items)))


def _item(item: Item) -> Item:
    if isinstance(item, Nested):
        return _block(item)
    return repeated(item) if isinstance(item, Block) else item


def _block(nested: Nested) -> Block:
    """A block with all operators of a cycle, in a line for each way they couple channels."""
    found: dict[str, list[Chip]] = {}
    for chip in _chips(nested.items):
        found.setdefault(chip.name, []).append(chip)
    merged = [_merged(chips) for chips in found.values()]
    merged.sort(key=lambda chip: chip.coupling, reverse=True)
    lines = tuple(
        Line("", tuple(chips), "", note)
        for note, chips in groupby(merged, lambda chip: chip.coupling)
    )
    values = [value for item in nested.items for value in item.level.values]
    over = (Level(nested.items[0].level.name, min(values), max(values)),)
    return Block(
        nested.key, nested.level, nested.title, lines, nested.shape, nested.values, over=over
    )


def _chips(items: tuple[Item, ...]) -> Iterator[Chip]:
    for item in items:
        if isinstance(item, Nested):
            yield from _chips(item.items)
        elif isinstance(item, (Block, Transfer)):
            yield from (chip for line in item.lines for chip in line.chips)


def _merged(chips: list[Chip]) -> Chip:
    """One chip for those of an operator: its index where they differ."""
    first = chips[0]
    columns = zip(first.names, zip(*(chip.indices for chip in chips), strict=True), strict=True)
    indices = tuple(name if len(set(column)) > 1 else column[0] for name, column in columns)
    coupling = dict.fromkeys(chip.coupling for chip in chips if chip.coupling)
    return replace(one(chips), indices=indices, coupling=", ".join(coupling))
