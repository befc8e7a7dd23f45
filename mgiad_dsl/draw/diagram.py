"""The block diagram: levels as rows, time to the right, nested cycles as boxes."""

from __future__ import annotations

from dataclasses import replace

from mgiad_dsl.draw.arrows import Arrows
from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import BESIDE, Palette
from mgiad_dsl.draw.ends import Ends
from mgiad_dsl.draw.free import Free
from mgiad_dsl.draw.headings import Headings
from mgiad_dsl.draw.labels import SMALL, Labels
from mgiad_dsl.draw.layout import MARGIN, Layout, Rect
from mgiad_dsl.draw.look import Look
from mgiad_dsl.draw.panel import panel, title
from mgiad_dsl.draw.place import place
from mgiad_dsl.draw.signs import signs
from mgiad_dsl.draw.story import Block, Item, Nested, Stop, Story, Transfer
from mgiad_dsl.draw.style import Density, Sizes
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import visit_name
from mgiad_dsl.graph.weights import trainable

MANY = 16
LONGEST_BAR = 40.0
ROOM = 76.0  # for chips side by side in a narrow figure


class Figure:
    """The block diagram of a story, drawn."""

    def __init__(self, network: Network, story: Story, look: Look, density: Density) -> None:
        self._network = network
        self._story = story
        self._look = look
        self._palette = Palette(network, look.theme, look.lit(network))
        bars = _bars(network) if look.bars else {}
        self._labels = Labels(self._palette, bars, float("inf") if density == "roomy" else ROOM)
        blocks = [item for item in story.items if isinstance(item, Block)]
        self._small = len(blocks) > MANY
        flipped = look.layout == "landscape"
        self._sizes = Sizes(self._labels, self._small, density, flipped)
        self._layout = place(story.items, self._sizes, {})
        self._canvas = Canvas(network.name, look.theme, flipped)
        self._headings = Headings(network, story, self._palette, self._sizes)
        self._draw()

    @property
    def width(self) -> float:
        """In points."""
        return self._canvas.width

    @property
    def height(self) -> float:
        """In points."""
        return self._canvas.height

    def text(self) -> str:
        """The DOT text."""
        if self._look.width is not None:
            self._canvas.scale(self._look.width)
        if not self._look.with_legend:
            return self._canvas.text("")
        name = self._layout.tracks[0].level.name if self._layout.tracks else None
        shown = signs(self._story, self._palette, small=self._small, bars=self._look.bars)
        return self._canvas.text(panel(self._network, self._palette, name, shown))

    def _draw(self) -> None:
        ends, free = self._ends()
        needed = self._headings.needs(self._layout.tracks, free)
        if needed > self._layout.width:
            self._layout = place(self._story.items, replace(self._sizes, least=needed), {})
            ends, free = self._ends()
        self._tracks(self._layout, free)
        self._items(self._story.items, self._layout)
        for block in (*self._story.inputs, self._story.start, *self._story.outputs):
            if block:
                self._block(block, ends.rects[block.key])
        arrows = Arrows(self._network, self._canvas, self._palette, self._small)
        arrows.cycle(self._story.items, self._layout)
        for arrow in ends.arrows:
            arrows.end(arrow, self._layout)
        self._canvas.above_all("title", *title(self._network, self._look))

    def _ends(self) -> tuple[Ends, Free]:
        ends = Ends(self._network, self._story, self._layout, self._end_size)
        return ends, Free(self._story.items, ends.arrows, self._layout)

    def _end_size(self, block: Block) -> tuple[float, float]:
        width, height = self._labels.block_size(block)
        return (height, width) if self._sizes.flipped else (width, height)

    # -- levels ------------------------------------------------------------------------------

    def _tracks(self, layout: Layout, free: Free, prefix: str = "") -> None:
        """Bands with names for rows, names above columns."""
        theme = self._look.theme
        for number, track in enumerate(layout.tracks):
            key = f"{prefix}level_{visit_name(track.level.name, track.level.value)}"
            if not track.turned:
                band = track.rect.grown(MARGIN)
                edge = {"penwidth": "0"} if theme.edge == "none" else {"color": theme.edge}
                fill = theme.bands[number % 2]
                self._canvas.box(f"{key}_band", band, style="filled", fillcolor=fill, **edge)
            self._canvas.node(key, *self._headings.place(track, free), self._headings.label(track))

    # -- blocks ------------------------------------------------------------------------------

    def _items(self, items: tuple[Item, ...], layout: Layout) -> None:
        for item in items:
            rect = layout.rects[item.key]
            match item:
                case Block():
                    self._block(item, rect)
                case Transfer():
                    if not self._small:
                        self._canvas.node(item.key, rect.x, rect.y, self._labels.transfer(item))
                case Stop():
                    self._canvas.point(item.key, rect.x, rect.y, "0.08")
                case Nested():
                    self._nested(item, rect, layout.inner[item.key])

    def _block(self, item: Block, rect: Rect) -> None:
        theme = self._look.theme
        if not self._small or item.role in ("input", "start", "output"):
            style = "filled" if item.role == "input" else "rounded,filled"
            self._canvas.box(
                item.key, rect, self._labels.block(item), style=style, fillcolor=theme.box,
                color=theme.line, fixedsize="false", margin="0",
            )  # fmt: skip
            return
        fill, ink = (theme.line, theme.box) if item.role == "solve" else (theme.box, theme.ink)
        self._canvas.box(
            item.key, rect, str(item.steps), shape="circle", style="filled", fontsize=f"{SMALL}",
            color=theme.line, fillcolor=fill, fontcolor=ink,
        )  # fmt: skip

    def _nested(self, item: Nested, rect: Rect, inner: Layout) -> None:
        """The box of a nested cycle, with points where arrows enter and leave it."""
        theme = self._look.theme
        self._canvas.box(
            item.key, rect, style="rounded,filled", fillcolor=theme.box, color=theme.inner
        )
        self._tracks(inner, Free(item.items, [], inner), f"{item.key}.")
        self._items(item.items, inner)


def _bars(network: Network) -> dict[str, float]:
    """The lengths of bars that show the weights of sharing groups, in points."""
    shown = [group for group in network.groups.values() if group.role not in BESIDE]
    weights = {group.name: trainable(group.op) for group in shown}
    most = max(weights.values(), default=0) or 1
    return {name: LONGEST_BAR * count / most for name, count in weights.items()}
