"""Levels that look alike drawn as one, with an index where they differ: ``A_l`` on ``l = 2–4``.

Levels are folded if every way through the cycle passes them one after the other, down or up,
with the same on each. What leads from one of them to the next is told by the way in or out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from mgiad_dsl.draw.alike import Merge, looks
from mgiad_dsl.draw.story import Block, Item, Level, Nested, Story, Transfer


def fold(story: Story) -> Story:
    """The story with levels and steps that look alike as one, in nested cycles first."""
    return replace(story, items=_folded(story.items))


def _folded(items: tuple[Item, ...]) -> tuple[Item, ...]:
    stays = _stays(tuple(map(_inside, items)))
    for name in dict.fromkeys(stay.level.name for stay in stays):
        for levels in _candidates(name, stays):
            stays = _with(stays, name, levels) or stays
    return tuple(item for stay in stays for item in stay.all())


def _inside(item: Item) -> Item:
    if isinstance(item, Nested):
        return replace(item, items=_folded(item.items))
    return repeated(item) if isinstance(item, Block) else item


def repeated(block: Block) -> Block:
    """A block whose steps look alike with one line for all of them: ``A_1,i``."""
    alike = {(len(line.chips), *(chip.name for chip in line.chips)) for line in block.lines}
    numbered = all(line.name.isdigit() for line in block.lines)
    if len(block.lines) < 2 or len(alike) > 1 or not numbered or block.steps != len(block.lines):
        return block
    numbers = tuple(int(line.name) for line in block.lines)
    line = replace(Merge(None, numbers).line(block.lines), name="")
    first, last = numbers[0], numbers[-1]
    title = f"{block.steps} × {block.title}" + ("" if first == 1 else f" ({first}–{last})")
    return replace(block, title=title, lines=(line,))


@dataclass(frozen=True)
class _Stay:
    """What runs on a level between two ways, and the way that follows, if one does."""

    level: Level
    items: tuple[Item, ...]
    way: Transfer | None

    def looks(self) -> tuple[object, ...]:
        return tuple(map(looks, self.items))

    def all(self) -> Iterator[Item]:
        yield from self.items
        if self.way:
            yield self.way


def _stays(items: tuple[Item, ...]) -> list[_Stay]:
    stays: list[_Stay] = []
    blocks = groupby(items, lambda item: None if isinstance(item, Transfer) else item.level)
    for level, run in blocks:
        if level is not None:
            stays.append(_Stay(level, tuple(run), None))
            continue
        for way in run:
            if isinstance(way, Transfer):
                stays[-1] = replace(stays[-1], way=way)
    return stays


def _candidates(name: str, stays: list[_Stay]) -> Iterator[range]:
    """Levels one after the other that look alike, as long as they may be and shorter ones."""
    found: dict[int, list[object]] = {}
    for stay in stays:
        if stay.level.name == name:
            found.setdefault(stay.level.value, []).append(stay.looks())
    runs: list[list[int]] = []
    for level in sorted(found):
        if runs and runs[-1][-1] == level - 1 and found[level - 1] == found[level]:
            runs[-1].append(level)
        else:
            runs.append([level])
    for run in runs:
        tries = (range(first, last + 1) for last in (run[-1], run[-1] - 1) for first in run[:2])
        yield from (levels for levels in tries if len(levels) > 1)


def _with(stays: list[_Stay], name: str, levels: range) -> list[_Stay] | None:
    """The stays with some levels as one; None if they cannot be."""
    inside = [stay.level.name == name and stay.level.value in levels for stay in stays]
    runs = [list(run) for _, run in groupby(range(len(stays)), lambda number: inside[number])]
    found: list[_Stay] = []
    for run in runs:
        if not inside[run[0]]:
            found += [stays[number] for number in run]
            continue
        way_in = found[-1].way if found else None
        passed = _Pass(name, levels, [stays[number] for number in run], way_in).folded()
        if passed is None:
            return None
        way_in, stay = passed
        if found:
            found[-1] = replace(found[-1], way=way_in)
        found.append(stay)
    level = Level(name, levels[0], levels[-1])
    return [_renamed(stay, level) for stay in found]


@dataclass(frozen=True)
class _Pass:
    """A pass through levels that are to be one, with the way to them."""

    name: str
    levels: range
    stays: list[_Stay]
    way_in: Transfer | None

    def folded(self) -> tuple[Transfer | None, _Stay] | None:
        """The way in and the one stay; None if the levels are not passed one after the other."""
        values = tuple(stay.level.value for stay in self.stays)
        down = values == tuple(self.levels)
        if not down and values != tuple(reversed(self.levels)):
            return None
        *inner, way_out = (stay.way for stay in self.stays)
        known = [way for way in inner if way]
        if len(known) < len(inner):
            return None
        merge = Merge(self.name, values)
        items = tuple(map(merge.item, zip(*(stay.items for stay in self.stays), strict=True)))
        into = [self.way_in, *known] if self.way_in and _alike([self.way_in, *known]) else None
        out = [*known, way_out] if way_out and _alike([*known, way_out]) else None
        stay = _Stay(self.stays[0].level, items, way_out)
        # Written with the index of the finer level, if it can be.
        if out and (down or not into):
            return self.way_in, replace(stay, way=_between(merge.way(out), out[-1]))
        return (_between(merge.way(into), into[0]), stay) if into else None


def _between(merged: Transfer, way: Transfer) -> Transfer:
    """A merged way with the ends of the one that is left."""
    return replace(merged, key=way.key, level=way.level, target=way.target)


def _alike(ways: list[Transfer]) -> bool:
    return len({looks(way) for way in ways}) == 1


def _renamed(stay: _Stay, level: Level) -> _Stay:
    """A stay with the levels that are one as ``level``."""

    def named(other: Level) -> Level:
        return level if other.name == level.name and other.value in level.values else other

    way = stay.way and replace(stay.way, level=named(stay.way.level), target=named(stay.way.target))
    items = tuple(replace(item, level=named(item.level)) for item in stay.items)
    return _Stay(named(stay.level), items, way)
