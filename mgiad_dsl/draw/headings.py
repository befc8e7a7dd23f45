"""The names of levels beside rows and above columns, with what belongs to each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from mgiad_dsl.draw import notation
from mgiad_dsl.draw.colours import BESIDE, Palette
from mgiad_dsl.draw.free import Free
from mgiad_dsl.draw.labels import SIZE, SMALL, TINY, cell, chip, font, html, shape_text, table
from mgiad_dsl.draw.layout import MARGIN, Point, Track
from mgiad_dsl.draw.metrics import text_width
from mgiad_dsl.draw.story import Level, Nested, Story
from mgiad_dsl.draw.style import OPERATORS, Sizes
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.weights import trainable

FEW = 2  # groups of a family that are named one by one beside small blocks
_TIGHT = {"CELLSPACING": 0, "CELLPADDING": 0}
_GAP = "&#160;&#160;&#160;"


class Headings:
    """Name of a level, its shape, its weights, and in small figures its operators."""

    def __init__(self, network: Network, story: Story, palette: Palette, sizes: Sizes) -> None:
        self._palette = palette
        self._theme = palette.theme
        self._sizes = sizes
        self._groups = _by_level(network)
        self._gutter = sizes.gutter(story.items)
        self._cycles: dict[Level, dict[str, None]] = {}
        for item in story.items:
            if isinstance(item, Nested):
                self._cycles.setdefault(item.level, {})[item.title] = None

    def place(self, track: Track, free: Free) -> Point:
        """The middle of the name of a track."""
        rect, sizes = track.rect, self._sizes
        if track.turned:
            return rect.x, rect.top + sizes.header / 2 - 2
        if sizes.flipped:
            return rect.left + self._gutter / 2, rect.y
        if sizes.heading:
            width = self._width(track)
            left = free.left(track.level, width)
            y = rect.top + sizes.heading / 2 - MARGIN / 2
            return left + width / 2, y
        return rect.left + self._gutter / 2 - 8, rect.y

    def needs(self, tracks: list[Track], free: Free) -> float:
        """How wide rows must be for the names that stand in them."""
        if not self._sizes.heading:
            return 0.0
        widths = ((track, self._width(track)) for track in tracks)
        return max(
            (free.left(track.level, width) + width - track.rect.left for track, width in widths),
            default=0.0,
        )

    def label(self, track: Track) -> str:
        name = font(f"<B>{track.level.text}</B>", SIZE, self._theme.ink)
        shape = font(shape_text(track.shape), SMALL, self._theme.ink)
        notes = [font(note, TINY, self._theme.muted) for note in self._notes(track)]
        words = [text for text in (name, shape, *notes) if text]
        if track.turned and not self._sizes.flipped and not self._sizes.narrow:
            words = [f"{name}&#160;&#160;{shape}", *notes]
        elif self._sizes.heading and not track.turned:
            lines = [words[:2], words[2:]] if self._sizes.tight else [words]
            return html(table([cell(_GAP.join(line), "LEFT") for line in lines if line], **_TIGHT))
        chips = self._chips(self._groups_on(track)) if self._sizes.small else ""
        if not chips or track.turned:
            return html(table(map(cell, words), **_TIGHT))
        if self._sizes.narrow:
            return html(table([*map(cell, words), cell(table([chips], CELLPADDING=1))], **_TIGHT))
        inner = table(map(cell, words), **_TIGHT)
        tall = f'<TD ROWSPAN="3" WIDTH="{OPERATORS:g}">{inner}</TD>'
        return html(table([tall + cell(""), chips, cell("")]))

    def _width(self, track: Track) -> float:
        """The width of a name that stands above its row."""
        notes = [text_width(note, TINY) for note in self._notes(track)]
        name, shape = text_width(track.level.text, SIZE, bold=True), shape_text(track.shape)
        words = [name, text_width(shape, SMALL), *notes] if shape else [name, *notes]
        lines = [words[:2], words[2:]] if self._sizes.tight else [words]
        gap = text_width("   ", SIZE)
        return max(sum(line) + gap * max(0, len(line) - 1) for line in lines)

    def _notes(self, track: Track) -> list[str]:
        count = sum(trainable(group.op) for group in self._groups_on(track))
        notes = [f"{count:,} weights"] if count else []
        return notes if track.turned else [*notes, *self._cycles.get(track.level, ())]

    def _chips(self, groups: list[WeightGroup]) -> str:
        """Each sharing group, or, where a family has many, how many it has."""
        families: dict[str, list[WeightGroup]] = {}
        for group in sorted(groups, key=lambda group: group.name):
            if group.role not in BESIDE:
                families.setdefault(group.family, []).append(group)
        shown = []
        for family, each in families.items():
            if len(each) > FEW:
                shown.append(
                    chip(each[0].name, self._palette, notation.words(f"{len(each)} {family}"))
                )
            else:
                shown += [chip(g.name, self._palette, notation.of_group(g)) for g in each]
        return "".join(shown)

    def _groups_on(self, track: Track) -> list[WeightGroup]:
        """The sharing groups that belong to a level and to those around it."""
        found = (group for around in _places(track) for group in self._on(around))
        return list({group.name: group for group in found}.values())

    def _on(self, around: dict[str, int]) -> list[WeightGroup]:
        fewest = min((self._groups.get(level, []) for level in around.items()), key=len)
        return [group for group in fewest if around.items() <= group.levels.items()]


def _places(track: Track) -> Iterator[dict[str, int]]:
    """The levels of a track and those around it; several where they are drawn as one."""
    for values in product(*(level.values for level in track.context.values())):
        yield dict(zip(track.context, values, strict=True))


def _by_level(network: Network) -> dict[tuple[str, int], list[WeightGroup]]:
    """The sharing groups that belong to each level."""
    found: dict[tuple[str, int], list[WeightGroup]] = {}
    for group in network.groups.values():
        for level in group.levels.items():
            found.setdefault(level, []).append(group)
    return found
