"""The block diagram: levels as rows, time to the right, nested cycles as boxes."""

from __future__ import annotations

from mgiad_dsl.draw import labels
from mgiad_dsl.draw.arrows import Arrows
from mgiad_dsl.draw.canvas import Canvas
from mgiad_dsl.draw.colours import BESIDE, Palette
from mgiad_dsl.draw.ends import Ends
from mgiad_dsl.draw.labels import INK, SIZE, SMALL, cell, chip, font, html, table
from mgiad_dsl.draw.layout import MARGIN, Layout, Rect, Track
from mgiad_dsl.draw.panel import panel, title
from mgiad_dsl.draw.place import place
from mgiad_dsl.draw.story import Block, Item, Level, Nested, Stop, Transfer
from mgiad_dsl.draw.style import Sizes
from mgiad_dsl.draw.tell import tell
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.tree import visit_name
from mgiad_dsl.graph.weights import trainable

MANY = 16  # blocks, from which on they are small
FEW = 2  # groups of a family that are named one by one beside small blocks
TITLE = 44.0
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
        ends = Ends(self._network, self._story, self._layout)
        self._ends(ends)
        arrows = Arrows(self._network, self._canvas, self._palette, self._small)
        arrows.cycle(self._story.items, self._layout)
        for arrow in ends.arrows:
            arrows.end(arrow, self._layout)
        name = self._layout.tracks[0].level.name if self._layout.tracks else None
        return self._canvas.text(panel(self._network, self._palette, name) if legend else "")

    # -- levels ------------------------------------------------------------------------------

    def _tracks(self, layout: Layout, prefix: str = "") -> None:
        """Bands with labels for rows, labels above columns."""
        for number, track in enumerate(layout.tracks):
            key = f"{prefix}level_{visit_name(track.level.name, track.level.value)}"
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
        weights = [cell(font(f"{count:,} weights", 8, MUTED))] if count else []
        if track.turned:
            return html(table([cell(f"{name}&#160;&#160;{shape}"), *weights], **TIGHT))
        rows = [cell(name), cell(shape), *weights]
        rows += [cell(font(text, 8, MUTED)) for text in self._cycles.get(track.level, ())]
        words = table(rows, **TIGHT)
        if not self._small:
            return html(words)
        chips = self._chips([group for group in groups if group.role not in BESIDE])
        tall = f'<TD ROWSPAN="3" WIDTH="90">{words}</TD>'
        return html(table([tall + cell(""), "".join(chips) or cell(""), cell("")]))

    def _chips(self, groups: list[WeightGroup]) -> list[str]:
        """Each sharing group, or, where a family has many, how many it has."""
        names: dict[str, list[str]] = {}
        for group in sorted(groups, key=lambda group: group.name):
            names.setdefault(group.family, []).append(group.name)
        shown = []
        for family, each in names.items():
            if len(each) > FEW:
                shown.append(chip(each[0], self._palette, f"{len(each)} {family}"))
            else:
                shown += [chip(name, self._palette) for name in each]
        return shown

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
        if not self._small or item.role in ("input", "start", "output"):
            style = "filled" if item.role == "input" else "rounded,filled"
            self._canvas.box(
                item.key, rect, labels.block(item, self._palette), style=style, fillcolor="white",
                color=LINE, fixedsize="false", margin="0",
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
        self._tracks(inner, f"{item.key}.")
        self._items(item.items, inner)

    def _ends(self, ends: Ends) -> None:
        """Inputs, start and outputs, and the title above all."""
        for block in (*self._story.inputs, self._story.start, *self._story.outputs):
            if block:
                self._block(block, ends.rects[block.key])
        self._canvas.node("title", self._layout.width / 2, ends.top - TITLE, title(self._network))


def _by_level(network: Network) -> dict[tuple[str, int], list[WeightGroup]]:
    """The sharing groups that belong to each level."""
    found: dict[tuple[str, int], list[WeightGroup]] = {}
    for group in network.groups.values():
        for level in group.levels.items():
            found.setdefault(level, []).append(group)
    return found
