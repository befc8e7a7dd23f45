"""The panel under a diagram: the equations, and the weights of every sharing group."""

from __future__ import annotations

import re
from html import escape

from mgiad_dsl.draw.colours import Palette, indices
from mgiad_dsl.draw.labels import INK, MONO, SMALL, cell, chip, font, html, table, wide
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import NetGraph, Statement, WeightGroup
from mgiad_dsl.graph.weights import trainable

WIDEST = 108
MANY = 6
MUTED = "#777777"
ROLES = ("stem", "operator", "scalar", "transfer", "norm", "head")


def panel(graph: NetGraph, palette: Palette, columns: str | None) -> str:
    """Equations and legend as the label of a whole graph; ``columns`` names the levels."""
    parts = [equations(graph, palette), legend(graph, palette, columns)]
    return html(table([cell(part) for part in parts if part], CELLSPACING=6))


def title(graph: NetGraph) -> str:
    """Name and exact weights."""
    live = graph.live_groups()
    weights = {name: trainable(group.op) for name, group in graph.groups.items()}
    dead = sum(count for name, count in weights.items() if name not in live)
    text = f"{sum(weights.values()):,} weights" + (f", {dead:,} of them dead" if dead else "")
    name = font(f"<B>{escape(graph.name)}</B>", 16)
    cycles = {
        f"{f.cycle} cycle over {f.name}": None
        for s in graph.statements
        for f in s.scope
        if f.kind == "level"
    }
    rows = [cell(name), cell(font(text, 11, INK)), cell(font(", ".join(cycles), SMALL, MUTED))]
    return html(table(rows, CELLSPACING=0))


# -- equations -------------------------------------------------------------------------------


def equations(graph: NetGraph, palette: Palette) -> str:
    """Every equation of the spec that runs, with its operators in the colour of their family."""
    found: dict[str, dict[str, None]] = {}
    for statement in graph.statements:
        if statement.scope:
            text = _plain(statement)
            if text not in {t for lines in found.values() for t in lines}:
                found.setdefault(_part(statement), {})[text] = None
    rows = [
        cell(font(f"<B>{escape(part)}</B>&#160;" if first else "", SMALL, INK), "RIGHT")
        + cell(_coloured(line, palette), "LEFT")
        for part, texts in found.items()
        for first, line in _numbered(texts)
    ]
    return table(rows, CELLSPACING=0, CELLPADDING=1, BORDER=0)


def _numbered(texts: dict[str, None]) -> list[tuple[bool, str]]:
    lines = [line for text in texts for line in _wrapped(text)]
    return [(number == 0, line) for number, line in enumerate(lines)]


def _plain(statement: Statement) -> str:
    """The text of an equation without comments and line breaks."""
    text = " ".join(re.sub(r"#[^\n]*", "", statement.span.text).split())
    return text.removeprefix("output ")


def _wrapped(text: str) -> list[str]:
    """Lines of a text, broken at spaces; the further ones indented."""
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > WIDEST and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]


def _part(statement: Statement) -> str:
    """What an equation is a part of: a step, a transfer of a cycle, the start, an output."""
    scope = statement.scope
    last = scope[-1]
    if last.kind != "part":
        return last.name
    if last.step:
        return last.step
    word = {"pre": "smooth", "post": "smooth"}.get(last.name, last.name)
    return f"{word} over {scope[-2].name}" if len(_levels(scope)) > 1 or word != "smooth" else word


def _levels(scope: tuple[object, ...]) -> list[object]:
    return [frame for frame in scope if getattr(frame, "kind", "") == "level"]


def _coloured(text: str, palette: Palette) -> str:
    words = re.split(r"(\b[A-Za-z_]\w*)", text)
    shown = [
        f'<FONT COLOR="{palette.families[word]}"><B>{word}</B></FONT>'
        if word in palette.families
        else escape(word).replace(" ", "&#160;")
        for word in words
        if word
    ]
    return f'<FONT FACE="{MONO}" POINT-SIZE="{SMALL}">{"".join(shown)}</FONT>'


# -- legend ----------------------------------------------------------------------------------


def legend(graph: NetGraph, palette: Palette, columns: str | None) -> str:
    """A column for each level; in it a chip for each sharing group of each family."""
    return _Legend(graph, palette, columns).text() if graph.groups else ""


class _Legend:
    def __init__(self, graph: NetGraph, palette: Palette, columns: str | None) -> None:
        self._groups = list(graph.groups.values())
        self._live = graph.live_groups()
        self._palette = palette
        self._axis = columns or ""
        places = {self._place(group) for group in self._groups}
        self._places = sorted(places, key=lambda place: (place is None, place or 0))

    def _place(self, group: WeightGroup) -> int | None:
        return group.levels.get(self._axis)

    def text(self) -> str:
        families: dict[str, list[WeightGroup]] = {}
        for group in sorted(self._groups, key=self._order):
            families.setdefault(group.family, []).append(group)
        parts = [[self._heading()], *map(self._rows, families.values()), [self._totals()]]
        return table(parts, BORDER=1, COLOR="#BBBBBB", CELLSPACING=1)

    def _order(self, group: WeightGroup) -> tuple[object, ...]:
        """Roles in the order of a network, dead weights last; groups by their indices."""
        dead = group.name not in self._live
        return dead, ROLES.index(group.role), group.family, indices(group)

    def _heading(self) -> str:
        names = ["all levels" if p is None else f"{self._axis} = {p}" for p in self._places]
        levels = [wide(_bold(name), 3) for name in names]
        return "".join([wide("", 2), *levels, cell(_bold("weights"), "RIGHT")])

    def _rows(self, groups: list[WeightGroup]) -> list[str]:
        """The rows of a family, as many as its fullest level needs."""
        cells = self._cells(groups)
        height = max(map(len, cells))
        rows = []
        for number in range(height):
            inner = [lines[number] if number < len(lines) else wide("", 3) for lines in cells]
            first = number == 0
            ends = (self._name(groups, height), self._sum(groups, height)) if first else ("", "")
            rows.append(ends[0] + "".join(inner) + ends[1])
        return rows

    def _name(self, groups: list[WeightGroup], height: int) -> str:
        first = groups[0]
        dead = first.name not in self._live
        name = font(f"<B>{escape(first.family)}</B>", 10, self._tint(first))
        what = font(escape(_kind(first) + (", dead" if dead else "")), SMALL, self._ink(first))
        return _tall(name, height, "LEFT") + _tall(what, height, "LEFT")

    def _sum(self, groups: list[WeightGroup], height: int) -> str:
        return _tall(font(f"{_weights(groups):,}", SMALL, self._ink(groups[0])), height, "RIGHT")

    def _tint(self, group: WeightGroup) -> str:
        return self._palette.families[group.family] if group.name in self._live else MUTED

    def _ink(self, group: WeightGroup) -> str:
        return INK if group.name in self._live else MUTED

    def _cells(self, groups: list[WeightGroup]) -> list[list[str]]:
        """For each level the lines of a family: one for each group, or one for many."""
        columns = [[g for g in groups if self._place(g) == p] for p in self._places]
        if groups[0].role == "norm" or max(map(len, columns)) > MANY:
            return [list(map(self._line, _bundles(column))) for column in columns]
        return [[self._line([group]) for group in column] for column in columns]

    def _line(self, groups: list[WeightGroup]) -> str:
        """A chip, the weights, and how often they are used."""
        first = groups[0]
        uses = sum(len(group.users) for group in groups)
        text, times = first.name, f"×{uses}" if uses > 1 else ""
        if len(groups) > 1:
            inner = [f" {n}={v}" for n, v in first.levels.items() if n != self._axis]
            text, times = f"{len(groups)} {first.family}{''.join(inner)}", ""
        count = cell(font(f"{_weights(groups):,}", SMALL, self._ink(first)), "RIGHT")
        return chip(first.name, self._palette, text) + count + cell(font(times, 8, MUTED), "LEFT")

    def _totals(self) -> str:
        sums = [_weights([g for g in self._groups if self._place(g) == p]) for p in self._places]
        levels = [cell("") + cell(_bold(f"{count:,}"), "RIGHT") + cell("") for count in sums]
        total = cell(_bold(f"{_weights(self._groups):,}"), "RIGHT")
        return "".join([cell(_bold("total"), "LEFT"), cell(""), *levels, total])


def _bundles(groups: list[WeightGroup]) -> list[list[WeightGroup]]:
    """Groups of the same levels together."""
    bundles: dict[tuple[tuple[str, int], ...], list[WeightGroup]] = {}
    for group in groups:
        bundles.setdefault(tuple(group.levels.items()), []).append(group)
    return [bundles[levels] for levels in sorted(bundles)]


def _bold(text: str) -> str:
    return font(f"<B>{escape(text)}</B>", SMALL, INK)


def _tall(content: str, rows: int, align: str) -> str:
    """A cell across several rows."""
    return f'<TD ROWSPAN="{rows}" ALIGN="{align}">{content}</TD>'


def _weights(groups: list[WeightGroup]) -> int:
    return sum(trainable(group.op) for group in groups)


def _kind(group: WeightGroup) -> str:
    """What an operator is, without the channels that differ from level to level."""
    text = re.sub(r" \d+ -> \d+|, \d+ groups$", "", describe(group.op))
    return re.sub(r"^(batchnorm|layernorm|groupnorm) \d+", r"\1", text)
