"""The block diagram: levels as rows, time to the right, nested cycles as boxes."""

from __future__ import annotations

from mgiad_dsl.draw import labels
from mgiad_dsl.draw.arrows import Arrows
from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import INK, SIZE, SMALL, cell, chip, font, html, table
from mgiad_dsl.draw.legend import panel, title
from mgiad_dsl.draw.place import Layout, Rect, Track, place
from mgiad_dsl.draw.story import Block, Item, Level, Nested, Stop, Transfer, tell
from mgiad_dsl.draw.style import Sizes
from mgiad_dsl.graph import NetGraph
from mgiad_dsl.ops import Input
from mgiad_dsl.weights import trainable

MANY = 24
ABOVE = 56.0
MARGIN = 8.0
BANDS = ("#F1F1EE", "#F8F8F6")
LINE = "#444444"
MUTED = "#666666"
TIGHT = {"CELLSPACING": 0, "CELLPADDING": 0}


def draw_blocks(graph: NetGraph) -> str:
    """The DOT text of the block diagram of a network."""
    return _Figure(graph).text()


class _Figure:
    def __init__(self, graph: NetGraph) -> None:
        self._graph = graph
        self._palette = Palette(graph)
        self._story = tell(graph)
        blocks = [item for item in self._story.items if isinstance(item, Block)]
        self._small = len(blocks) > MANY
        self._layout = place(self._story.items, Sizes(self._small), {})
        self._canvas = Canvas(graph.name)
        self._cycles: dict[Level, dict[str, None]] = {}
        for item in self._story.items:
            if isinstance(item, Nested):
                self._cycles.setdefault(item.level, {})[item.title] = None

    def text(self) -> str:
        self._tracks(self._layout)
        self._items(self._story.items, self._layout)
        self._start()
        self._outputs()
        Arrows(self._graph, self._canvas, self._palette, self._small).draw(
            self._story, self._layout
        )
        name = self._layout.tracks[0].level.name if self._layout.tracks else None
        return self._canvas.text(panel(self._graph, self._palette, name))

    # -- levels ------------------------------------------------------------------------------

    def _tracks(self, layout: Layout) -> None:
        """Bands with labels for rows, labels above columns."""
        for number, track in enumerate(layout.tracks):
            key = "level_" + "_".join(f"{n}{v}" for n, v in track.context.items())
            rect = track.rect
            if track.turned:
                self._canvas.node(key, rect.x, rect.top + 12, self._label(track))
            else:
                band = rect.grown(MARGIN)
                self._canvas.box(
                    f"{key}_band", band, style="filled", fillcolor=BANDS[number % 2], penwidth="0"
                )
                left = rect.left + (95 if self._small else 50)
                self._canvas.node(key, left, rect.y, self._label(track))

    def _label(self, track: Track) -> str:
        """Name of a level, its shape, its weights, and in small figures its operators."""
        groups = {
            name: group
            for name, group in self._graph.groups.items()
            if track.context.items() <= group.levels.items()
        }
        count = sum(trainable(group.op) for group in groups.values())
        name = font(f"<B>{track.level.name} = {track.level.value}</B>", SIZE, INK)
        shape = font(labels.shape_text(track.shape), SMALL, INK)
        weights = font(f"{count:,} weights", 8, MUTED)
        if track.turned:
            return html(table([cell(f"{name}&#160;&#160;{shape}"), cell(weights)], **TIGHT))
        rows = [cell(name), cell(shape), cell(weights)]
        rows += [cell(font(text, 8, MUTED)) for text in self._cycles.get(track.level, ())]
        words = table(rows, **TIGHT)
        if not self._small:
            return html(words)
        chips = [chip(name, self._palette) for name, g in groups.items() if g.role != "norm"]
        return html(table([cell(words) + "".join(chips)], CELLSPACING=3))

    # -- blocks ------------------------------------------------------------------------------

    def _items(self, items: tuple[Item, ...], layout: Layout) -> None:
        for item in items:
            rect = layout.rects[item.key]
            match item:
                case Block():
                    self._block(item, rect)
                case Transfer():
                    if not self._small:
                        label = labels.transfer(item, self._palette)
                        self._canvas.node(item.key, rect.x, rect.y, label)
                case Stop():
                    self._canvas.point(item.key, rect.x, rect.y, "0.08")
                case Nested():
                    self._nested(item, rect, layout.inner[item.key])

    def _block(self, item: Block, rect: Rect) -> None:
        if not self._small or item.role in ("start", "output"):
            label = labels.block(item, self._palette)
            self._canvas.box(
                item.key, rect, label, style="rounded,filled", fillcolor="white", color=LINE,
                fixedsize="false", margin="0",
            )  # fmt: skip
            return
        solve = item.role == "solve"
        self._canvas.box(
            item.key, rect, str(item.steps), shape="circle", style="filled", fontsize="9",
            color=LINE, fillcolor=LINE if solve else "white", fontcolor="white" if solve else INK,
        )  # fmt: skip

    def _nested(self, item: Nested, rect: Rect, inner: Layout) -> None:
        """The box of a nested cycle, with points where arrows enter and leave it."""
        self._canvas.box(item.key, rect, style="rounded,filled", fillcolor="white", color="#8A8A8A")
        first, last = (inner.rects[item.items[i].key] for i in (0, -1))
        self._canvas.point(f"{item.key}_in", first.x, rect.top)
        self._canvas.point(f"{item.key}_out", last.x, rect.bottom)
        self._tracks(inner)
        self._items(item.items, inner)

    # -- the ends ----------------------------------------------------------------------------

    def _start(self) -> None:
        """The title, and above the first block the start and its inputs."""
        story, layout = self._story, self._layout
        x = layout.entry_x(story.items) if story.items else 0.0
        self._canvas.node("title", layout.width / 2, -ABOVE - 50, title(self._graph))
        width = 0.0
        if story.start:
            width, height = labels.block_size(story.start)
            self._block(story.start, Rect(x, -ABOVE, width, height))
        inputs = [node for node in self._graph.nodes.values() if isinstance(node.op, Input)]
        for number, node in enumerate(inputs):
            rows = [
                cell(font(f"<B>{node.place.label}</B>", SIZE, INK)),
                cell(font(labels.shape_text(node.shape), SMALL, INK)),
            ]
            label = html(table(rows, **TIGHT))
            self._canvas.node(node.name, x - width / 2 - 60 - 90 * number, -ABOVE, label)

    def _outputs(self) -> None:
        """Outputs below the last row, or above the first if the cycle ends there."""
        layout, items = self._layout, self._story.items
        x = layout.exit_x(items) if items else 150.0
        down = layout.ends_below(items)
        y = layout.height + ABOVE if down else -ABOVE
        for output in self._story.outputs:
            width, height = labels.block_size(output)
            self._block(output, Rect(x, y, width, height))
            x += width + 20
