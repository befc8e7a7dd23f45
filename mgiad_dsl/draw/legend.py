"""The legend of a diagram: the weights of every sharing group, level by level."""

from __future__ import annotations

from html import escape

from mgiad_dsl.draw.colours import Palette, order
from mgiad_dsl.draw.labels import INK, SMALL, cell, chip, font, table, wide
from mgiad_dsl.graph.describe import kind
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.weights import trainable

MANY = 6
MUTED = "#777777"
ROLES = ("stem", "operator", "scalar", "transfer", "norm", "head")


def legend(network: Network, palette: Palette, columns: str | None) -> str:
    """A column for each level; in it a chip for each sharing group of each family."""
    return _Legend(network, palette, columns).text() if network.groups else ""


class _Legend:
    def __init__(self, network: Network, palette: Palette, columns: str | None) -> None:
        self._groups = list(network.groups.values())
        self._live = network.live_groups()
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
        return dead, ROLES.index(group.role), group.family, order(group)

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
        what = font(escape(kind(first.op) + (", dead" if dead else "")), SMALL, self._ink(first))
        return _tall(name, height, "LEFT") + _tall(what, height, "LEFT")

    def _sum(self, groups: list[WeightGroup], height: int) -> str:
        return _tall(font(f"{_weights(groups):,}", SMALL, self._ink(groups[0])), height, "RIGHT")

    def _tint(self, group: WeightGroup) -> str:
        return self._palette.families[group.family] if group.name in self._live else MUTED

    def _ink(self, group: WeightGroup) -> str:
        return INK if group.name in self._live else MUTED

    def _cells(self, groups: list[WeightGroup]) -> list[list[str]]:
        """For each level the lines of a family: one for each group, or one for many."""
        columns = self._columns(groups)
        if groups[0].role == "norm" or max(map(len, columns)) > MANY:
            return [list(map(self._line, _bundles(column))) for column in columns]
        return [[self._line([group]) for group in column] for column in columns]

    def _columns(self, groups: list[WeightGroup]) -> list[list[WeightGroup]]:
        """The groups of each level."""
        columns: dict[int | None, list[WeightGroup]] = {place: [] for place in self._places}
        for group in groups:
            columns[self._place(group)].append(group)
        return list(columns.values())

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
        sums = map(_weights, self._columns(self._groups))
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
