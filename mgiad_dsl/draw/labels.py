"""Graphviz's HTML-like labels: chips, blocks, and how large they come out (in points)."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.story import Block, Chip, Line, Transfer
from mgiad_dsl.graph.ops import Shape

FONT = "Arial,Helvetica,sans-serif"
MONO = "Courier"
SIZE = 10
SMALL = 9
INK = "#333333"
_CHIP_HEIGHT = 17.0
_TITLE_HEIGHT = 16.0

Size = tuple[float, float]


def text_width(text: str, size: float = SIZE) -> float:
    """A generous estimate of the width of a text."""
    return 0.6 * size * len(text)


def shape_text(shape: Shape) -> str:
    """``64 × 32 × 32``"""
    return " × ".join(map(str, shape))


def font(text: str, size: float, colour: str | None = None) -> str:
    """Text (already escaped) in a size and a colour."""
    if not text:  # graphviz takes no empty FONT
        return ""
    tint = f' COLOR="{colour}"' if colour else ""
    return f'<FONT POINT-SIZE="{size:g}"{tint}>{text}</FONT>'


def chip(group: str, palette: Palette, text: str | None = None) -> str:
    """A table cell with the name of a sharing group on its colour."""
    shown = font(escape(text or group), SMALL, palette.text(group))
    return f'<TD BGCOLOR="{palette.fill(group)}">{shown}</TD>'


def plain_chip(text: str) -> str:
    """A table cell with the name of an operator without weights."""
    return f'<TD BORDER="1" COLOR="#999999">{font(escape(text), SMALL, INK)}</TD>'


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


def html(content: str) -> str:
    """Mark a text as an HTML-like label."""
    return f"<{content}>"


def block(item: Block, palette: Palette) -> str:
    """The label of a block: its title, and a line of chips for each kind of step."""
    columns = _columns(item.lines)
    rows = [wide(font(f"<B>{escape(item.title)}</B>", SIZE, INK), columns)]
    rows += [line(part, columns, palette) for part in item.lines]
    if item.role in ("input", "output"):
        rows.append(wide(font(shape_text(item.shape), SMALL, INK), columns))
    return html(table(rows, CELLPADDING=1))


def block_size(item: Block) -> Size:
    lines = [line_width(part) for part in item.lines]
    shown = item.role in ("input", "output")
    shape = text_width(shape_text(item.shape), SMALL) if shown else 0
    width = max([text_width(item.title), shape, 40.0, *lines]) + 10
    rows = len(item.lines) + shown
    return width, _TITLE_HEIGHT + rows * _CHIP_HEIGHT + 4


def transfer(item: Transfer, palette: Palette) -> str:
    """The label of a transfer: a line of chips for each space that it sets."""
    columns = _columns(item.lines)
    rows = [line(part, columns, palette) for part in item.lines] or [wide("", columns)]
    return html(table(rows, CELLPADDING=1))


def transfer_size(item: Transfer) -> Size:
    width = max((line_width(part) for part in item.lines), default=10.0)
    return width + 2, max(1, len(item.lines)) * _CHIP_HEIGHT + 2


def line(part: Line, columns: int, palette: Palette) -> str:
    """A row of a table: a name and chips, then empty cells."""
    name = [cell(font(escape(part.name), SMALL, INK))] if part.name else []
    chips = [_chip(each, palette) for each in part.chips]
    cells = [*name, *(chips or [cell(font(escape(part.words), SMALL, INK))])]
    rest = columns - len(cells)
    return "".join([*cells, *([wide("", rest)] if rest else [])])


def _chip(part: Chip, palette: Palette) -> str:
    return chip(part.group, palette) if part.group else plain_chip(part.text)


def line_width(part: Line) -> float:
    texts = [each.text for each in part.chips] or [part.words]
    names = [*([part.name] if part.name else []), *texts]
    return sum(text_width(name, SMALL) + 6 for name in names) + 2


def wide(content: str, columns: int) -> str:
    """A cell across several columns."""
    return f'<TD COLSPAN="{columns}">{content}</TD>'


def _columns(lines: tuple[Line, ...]) -> int:
    return max((bool(part.name) + max(1, len(part.chips)) for part in lines), default=1)
