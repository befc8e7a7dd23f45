"""Graphviz's HTML-like labels: chips, blocks, and how large they come out (in points)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from mgiad_dsl.draw import notation
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.metrics import text_width
from mgiad_dsl.draw.notation import Math, Run
from mgiad_dsl.draw.story import Block, Chip, Extents, Line, Transfer

FONT = "Arial,Helvetica,sans-serif"
SIZE = 10
SMALL = 9
TINY = 8  # the smallest type there is
_CHIP_HEIGHT = 16.0
_BAR_HEIGHT = 8.0
_NOTE_HEIGHT = 13.0
_TITLE_HEIGHT = 16.0

Size = tuple[float, float]


def shape_text(shape: Extents) -> str:
    """``64 × 32 × 32``"""
    return " × ".join(map(str, shape))


def font(text: str, size: float, colour: str) -> str:
    """Text (already escaped) in a size and a colour."""
    if not text:  # graphviz takes no empty FONT
        return ""
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{text}</FONT>'


def table(rows: Iterable[str | list[str]], **attributes: object) -> str:
    """A borderless table with further attributes: rows of cells, or ruled parts of rows."""
    settings: dict[str, object] = {
        "BORDER": 0, "CELLBORDER": 0, "CELLSPACING": 2, "CELLPADDING": 2, **attributes
    }  # fmt: skip
    words = " ".join(f'{name}="{value}"' for name, value in settings.items())
    parts = [[row] if isinstance(row, str) else row for row in rows]
    rule = "" if all(isinstance(row, str) for row in rows) else "<HR/>"
    inner = rule.join("".join(f"<TR>{row}</TR>" for row in part) for part in parts)
    return f"<TABLE {words}>{inner}</TABLE>"


def cell(content: str, align: str = "CENTER") -> str:
    return f'<TD ALIGN="{align}">{content}</TD>'


def wide(content: str, columns: int) -> str:
    """A cell across several columns."""
    return f'<TD COLSPAN="{columns}">{content}</TD>'


def html(content: str) -> str:
    """Mark a text as an HTML-like label."""
    return f"<{content}>"


def chip(group: str, palette: Palette, math: Math) -> str:
    """A table cell with the symbol of a sharing group on its colour."""
    shown = notation.html(math, SMALL, palette.text(group))
    return f'<TD BGCOLOR="{palette.fill(group)}">{shown}</TD>'


def plain_chip(math: Math, palette: Palette) -> str:
    """A table cell with an operator without weights."""
    shown = notation.html((Run(" "), *math, Run(" ")), SMALL, palette.theme.ink)
    # As high as a chip: the frame takes the place of the padding.
    return f'<TD BORDER="1" CELLPADDING="0" COLOR="{palette.theme.kept}">{shown}</TD>'


class Labels:
    """The labels of blocks and transfers.

    Chips that do not fit into ``room`` go on in a further row. ``bars`` are the lengths of bars
    under the chips of sharing groups, in points; empty for none.
    """

    def __init__(self, palette: Palette, bars: Mapping[str, float], room: float) -> None:
        self._palette = palette
        self._theme = palette.theme
        self._bars = bars
        self._room = room
        self._height = _CHIP_HEIGHT + (_BAR_HEIGHT if bars else 0)

    def block(self, item: Block) -> str:
        """The label of a block: its title, and a line of chips for each kind of step."""
        ink = self._theme.ink
        rows = [wide(font(f"<B>{escape(item.heading)}</B>", SIZE, ink), 2)]
        rows += [row for part in item.lines for row in self._rows(part)]
        if item.role in ("input", "output"):
            rows.append(wide(font(shape_text(item.shape), SMALL, ink), 2))
        return html(table(rows, CELLPADDING=0, CELLSPACING=0))

    def block_size(self, item: Block) -> Size:
        lines = [self._width(part) for part in item.lines]
        shown = item.role in ("input", "output")
        shape = text_width(shape_text(item.shape), SMALL) if shown else 0
        width = max([text_width(item.heading, SIZE, bold=True), shape, 40.0, *lines]) + 10
        height = sum(map(self._line_height, item.lines)) + (_CHIP_HEIGHT if shown else 0)
        return width, _TITLE_HEIGHT + height + 4

    def transfer(self, item: Transfer) -> str:
        """The label of a transfer: a line of chips for each space that it sets."""
        rows = [row for part in item.lines for row in self._rows(part)]
        return html(table(rows or [wide("", 2)], CELLPADDING=0, CELLSPACING=0))

    def transfer_size(self, item: Transfer) -> Size:
        width = max(map(self._width, item.lines), default=10.0)
        return width + 2, (sum(map(self._line_height, item.lines)) or _CHIP_HEIGHT) + 2

    def _rows(self, part: Line) -> list[str]:
        """Rows of a table of two columns: a name beside chips, or chips alone; and a note."""
        ink = self._theme.ink
        words = [cell(font(escape(part.words), SMALL, ink))]
        rows = []
        for number, chips in enumerate(self._split(part)):
            # Of a fixed size, lest it is as wide as the widest line.
            size = {
                "FIXEDSIZE": "TRUE", "WIDTH": round(self._row_width(part, chips)),
                "HEIGHT": round(self._height), "ALIGN": "LEFT" if part.name else "CENTER",
            }  # fmt: skip
            inner = table(
                ["".join([self._chip(each) for each in chips] or words)], CELLPADDING=1, **size
            )
            if not part.name:
                rows.append(wide(inner, 2))
                continue
            name = "" if number else notation.html(_name(part), SMALL, ink)
            rows.append(cell(name, "RIGHT") + cell(inner))
        if part.note:
            rows.append(wide(font(escape(part.note), TINY, self._theme.muted), 2))
        return rows

    def _split(self, part: Line) -> list[list[Chip]]:
        """The chips of a line, in as many rows as they take."""
        rows: list[list[Chip]] = [[]]
        for each in part.chips:
            wide = sum(self._chip_width(chip) + 4 for chip in (*rows[-1], each))
            if rows[-1] and wide > self._room:
                rows.append([])
            rows[-1].append(each)
        return rows

    def _chip(self, part: Chip) -> str:
        if part.group is None:
            return plain_chip(part.math, self._palette)
        group = self._palette.shown(part.groups)
        length = self._bars.get(part.group)
        if length is None:
            return chip(group, self._palette, part.math)
        fill = f'BGCOLOR="{self._theme.ink}"'
        bar = f'<TD {fill} FIXEDSIZE="TRUE" WIDTH="{max(1, round(length))}" HEIGHT="3"></TD>'
        bar = table([bar], CELLSPACING=0, CELLPADDING=0)
        rows = [chip(group, self._palette, part.math), f'<TD ALIGN="LEFT">{bar}</TD>']
        return cell(table(rows, CELLSPACING=0, CELLPADDING=1))

    def _line_height(self, part: Line) -> float:
        return self._height * len(self._split(part)) + (_NOTE_HEIGHT if part.note else 0)

    def _width(self, part: Line) -> float:
        rows = max(self._row_width(part, row) for row in self._split(part))
        name = notation.width(_name(part), SMALL) + 3 if part.name else 0
        note = text_width(part.note, TINY) if part.note else 0
        return max(name + rows, note)

    def _row_width(self, part: Line, chips: list[Chip]) -> float:
        if not chips:
            return notation.width(notation.words(part.words), SMALL) + 7
        return sum(self._chip_width(each) + 4 for each in chips) + 4

    def _chip_width(self, part: Chip) -> float:
        # The frame of an operator without weights, the table of a bar.
        border = 7 if part.group is None else 4 if self._bars else 0
        return max(notation.width(part.math, SMALL), self._bars.get(part.group or "", 0.0)) + border


def _name(part: Line) -> Math:
    """The name of a space, or the numbers of steps."""
    return notation.symbol(part.name) if part.name[0].isalpha() else notation.words(part.name)
