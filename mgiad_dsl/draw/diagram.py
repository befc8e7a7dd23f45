"""The block diagram: levels as rows, time to the right, nested cycles as boxes."""

from __future__ import annotations

from mgiad_dsl.draw import labels
from mgiad_dsl.draw.arrows import Arrows
from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.flow import Flow
from mgiad_dsl.draw.labels import INK, SIZE, SMALL, cell, chip, font, html, table
from mgiad_dsl.draw.layout import Layout, Rect, Track
from mgiad_dsl.draw.panel import panel, title
from mgiad_dsl.draw.place import place
from mgiad_dsl.draw.story import Block, Item, Level, Nested, Stop, Transfer
from mgiad_dsl.draw.style import Sizes
from mgiad_dsl.draw.tell import tell
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.weights import trainable

MANY = 16
ABOVE = 56.0
MARGIN = 8.0
BANDS = ("#F1F1EE", "#F8F8F6")
LINE = "#444444"
MUTED = "#666666"
TIGHT = {"CELLSPACING": 0, "CELLPADDING": 0}


def draw_blocks(network: Network, *, legend: bool = True) -> str:
    """The DOT text of the block diagram of a network."""
    return _Figure(network).text(legend)


class _Figure:
    def __init__(self, network: Network) -> None:
        self._network = network
        self._palette = Palette(network)
        self._story = tell(network)
        blocks = [item for item in self._story.items if isinstance(item, Block)]
        self._small = len(blocks) > MANY
        self._layout = place(self._story.items, Sizes(self._small), {})
        self._canvas = Canvas(network.name)
        self._groups = _by_level(network)
        self._cycles: dict[Level, dict[str, None]] = {}
        for item in self._story.items:
            if isinstance(item, Nested):
                self._cycles.setdefault(item.level, {})[item.title] = None

    def text(self, legend: bool) -> str:
        self._tracks(self._layout)
        self._items(self._story.items, self._layout)
        self._start()
        self._outputs()
        arrows = Arrows(self._network, self._canvas, self._palette, self._small)
        arrows.draw(self._story, self._layout)
        name = self._layout.tracks[0].level.name if self._layout.tracks else None
        return self._canvas.text(panel(self._network, self._palette, name) if legend else "")

    # -- levels ------------------------------------------------------------------------------

    def _tracks(self, layout: Layout, prefix: str = "") -> None:
        """Bands with labels for rows, labels above columns."""
        for number, track in enumerate(layout.tracks):
            key = f"{prefix}level_{track.level.name}{track.level.value}"
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
        groups = self._groups_on(track)
        count = sum(trainable(group.op) for group in groups)
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
        shown = sorted(group.name for group in groups if group.role != "norm")
        chips = [chip(name, self._palette) for name in shown]
        tall = f'<TD ROWSPAN="3" WIDTH="90">{words}</TD>'
        return html(table([tall + cell(""), "".join(chips) or cell(""), cell("")]))

    def _groups_on(self, track: Track) -> list[WeightGroup]:
        """The sharing groups that belong to a level and to those around it."""
        around = track.context.items()
        fewest = min((self._groups.get(level, []) for level in around), key=len)
        return [group for group in fewest if around <= group.levels.items()]

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
        self._tracks(inner, f"{item.key}_")
        self._items(item.items, inner)

    # -- the ends ----------------------------------------------------------------------------

    def _start(self) -> None:
        """The title, and above the first block the start and its inputs."""
        story, layout = self._story, self._layout
        x = layout.entry_x(story.items) if story.items else 0.0
        self._canvas.node("title", layout.width / 2, -ABOVE - 52, title(self._network))
        width = 0.0
        if story.start:
            width, height = labels.block_size(story.start)
            self._block(story.start, Rect(x, -ABOVE, width, height))
        inputs = [self._network.operations[name] for name in self._network.inputs.values()]
        left = x - width / 2 - 24
        for node in inputs:
            rows = [
                cell(font(f"<B>{node.place.label}</B>", SIZE, INK)),
                cell(font(labels.shape_text(node.shape), SMALL, INK)),
            ]
            label = html(table(rows, **TIGHT))
            texts = (node.place.label, labels.shape_text(node.shape))
            half = max(labels.text_width(text) for text in texts) / 2
            self._canvas.node(node.name, left - half, -ABOVE, label)
            left -= 2 * half + 12

    def _outputs(self) -> None:
        """Each output below the last row, above the first, or to the right of its level."""
        ends: dict[float, float] = {}
        flow = Flow(self._network, self._story.items)
        for output in self._story.outputs:
            x, y = self._beside(output, flow)
            width, height = labels.block_size(output)
            x = max(x, ends.get(y, -1e6) + width / 2)
            ends[y] = x + width / 2 + 16
            self._block(output, Rect(x, y, width, height))

    def _beside(self, output: Block, flow: Flow) -> tuple[float, float]:
        layout, story = self._layout, self._story
        if not story.items:
            return 150.0, -ABOVE
        source = flow.shown(output)
        rect = layout.rects[source.key]
        x = (
            layout.inner[source.key].inmost(source.items, -1).x
            if isinstance(source, Nested)
            else rect.x
        )
        if rect.y == layout.tracks[-1].rect.y:
            return x, layout.height + ABOVE
        if rect.y == layout.tracks[0].rect.y:
            return x, -ABOVE
        return layout.width + 70, rect.y


def _by_level(network: Network) -> dict[tuple[str, int], list[WeightGroup]]:
    """The sharing groups that belong to each level."""
    found: dict[tuple[str, int], list[WeightGroup]] = {}
    for group in network.groups.values():
        for level in group.levels.items():
            found.setdefault(level, []).append(group)
    return found
