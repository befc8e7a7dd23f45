"""Which block diagram is drawn: one that can be read, at the width that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw.canvas import INCH
from mgiad_dsl.draw.diagram import Figure
from mgiad_dsl.draw.fold import fold
from mgiad_dsl.draw.labels import TINY
from mgiad_dsl.draw.levels import levels_only
from mgiad_dsl.draw.look import Depth, Layout, Look
from mgiad_dsl.draw.story import Block, Item, Nested, Story
from mgiad_dsl.draw.style import DENSITIES
from mgiad_dsl.draw.tell import tell
from mgiad_dsl.graph.network import Network

LEAST_TYPE = 7.0  # points, in the result
MANY = 150  # blocks; more are folded
PAGE = 9.0  # inches, the height of a page of a paper without its caption
TOO_MANY = 600  # blocks; nobody can read more


def draw_blocks(network: Network, look: Look) -> str:
    """The DOT text of the block diagram of a network.

    Raises:
        SpecError: there is more than a picture can show, or than fits into the width.
    """
    story = tell(network)
    if look.width is None:
        return Figure(network, _readable(story, look), look, "roomy").text()
    if look.legend:
        raise SpecError(
            "a picture of a given width has no legend",
            hint="draw the legend in a picture of its own: leave out the width",
        )
    return _fitting(network, story, look, look.width)


def _readable(story: Story, look: Look) -> Story:
    """The story as it is told, folded if it is long."""
    told = levels_only(story) if look.depth == "levels" else story
    if look.fold or (look.fold is None and _length(told.items) > MANY):
        told = fold(told)
    blocks = _length(told.items)
    if blocks > TOO_MANY:
        raise SpecError(
            f"{blocks:,} blocks are more than a picture can show",
            hint="draw a network with fewer levels or steps (--set), or --depth levels",
        )
    return told


def _fitting(network: Network, story: Story, look: Look, width: float) -> str:
    """The picture that shows most of those whose type is large enough in the width.

    Of those that are no higher than a page, if there are any.
    """
    room = width * INCH * TINY / LEAST_TYPE
    narrowest, tall = float("inf"), []
    for figure in _figures(network, story, look):
        narrowest = min(narrowest, figure.width)
        if figure.width <= room:
            if figure.height * min(1.0, width * INCH / figure.width) <= PAGE * INCH:
                return figure.text()
            tall.append(figure)
    if tall:
        return min(tall, key=lambda figure: figure.height).text()
    flipped: Layout = "portrait" if look.layout == "landscape" else "landscape"
    others = _figures(network, story, replace(look, layout=flipped))
    turned = f"--layout {flipped}" if any(other.width <= room for other in others) else None
    raise SpecError(
        f"{network.name} does not fit into {width:g} in with type of {LEAST_TYPE:g} pt: "
        f"it takes {narrowest / INCH * LEAST_TYPE / TINY:.2f} in",
        hint="; ".join(_ways_out(look, turned)),
    )


def _figures(network: Network, story: Story, look: Look) -> Iterator[Figure]:
    """Pictures of the story, those that show most first."""
    depths: list[Depth] = [look.depth] if look.depth else ["steps", "levels"]
    folds = [False, True] if look.fold is None else [look.fold]
    for depth, folded in product(depths, folds):
        told = _readable(story, replace(look, depth=depth, fold=folded or None))
        for density in DENSITIES:
            yield Figure(network, told, look, density)


def _ways_out(look: Look, turned: str | None) -> Iterator[str]:
    yield "a larger --width"
    if turned:
        yield turned
    if look.depth == "steps":
        yield "--depth levels"
    if look.fold is False:
        yield "--fold"


def _length(items: tuple[Item, ...]) -> int:
    """The number of blocks."""
    inner = sum(_length(item.items) for item in items if isinstance(item, Nested))
    return inner + sum(isinstance(item, Block) for item in items)
