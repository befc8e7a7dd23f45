"""What the signs of a picture mean, for those that are in it."""

from __future__ import annotations

from collections.abc import Iterator

from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import SMALL, TINY, cell, font, plain_chip, table
from mgiad_dsl.draw.notation import words
from mgiad_dsl.draw.story import Block, Item, Nested, Stop, Story, Transfer


def signs(story: Story, palette: Palette, *, small: bool, bars: bool) -> str:
    """A table of the signs, two in a row; empty if there are none."""
    found = list(_signs(story, palette, small=small, bars=bars))
    pairs = [found[at : at + 2] for at in range(0, len(found), 2)]
    return table(["".join(pair) for pair in pairs], CELLSPACING=0) if found else ""


def _signs(story: Story, palette: Palette, *, small: bool, bars: bool) -> Iterator[str]:
    theme = palette.theme

    def sign(mark: str, meaning: str) -> str:
        return cell(mark) + cell(font(meaning, SMALL, theme.muted), "LEFT")

    items = list(_all(story.items))
    chips = [c for i in items if isinstance(i, (Block, Transfer)) for x in i.lines for c in x.chips]
    if any(isinstance(item, Transfer) and item.rises for item in items):
        dashes = font("– – ▸", SMALL, theme.kept)
        yield sign(dashes, "kept on its level until the cycle comes back")
    if any(isinstance(item, Stop) for item in items):
        yield sign(font("●", TINY, theme.line), "a level that is passed without a step")
    if small:
        two, twenty = font("2", TINY, theme.ink), font("20", TINY, theme.box)
        disc = f'<TD BORDER="1" STYLE="ROUNDED" COLOR="{theme.line}">{two}</TD>'
        dark = f'<TD BGCOLOR="{theme.line}" STYLE="ROUNDED">{twenty}</TD>'
        yield sign(table([disc]), "so many steps")
        yield sign(table([dark]), "so many steps of the solve on the coarsest level")
    if any(chip.group is None for chip in chips):
        yield sign(table([plain_chip(words("R"), palette)]), "an operator without weights")
    if any(item.level.last is not None for item in items):
        yield sign(font("l = 1–3", SMALL, theme.ink), "levels that look alike, drawn once")
    if bars:
        bar = f'<TD BGCOLOR="{theme.ink}" FIXEDSIZE="TRUE" WIDTH="20" HEIGHT="3"></TD>'
        yield sign(table([bar], CELLSPACING=0, CELLPADDING=0), "the weights of a group")
    if palette.lit:
        line = font("▬", SMALL, palette.fill(min(palette.lit)))
        yield sign(line, "ties the uses of one sharing group")


def _all(items: tuple[Item, ...]) -> Iterator[Item]:
    for item in items:
        yield item
        if isinstance(item, Nested):
            yield from _all(item.items)
