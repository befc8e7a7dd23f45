"""The legend of a diagram: the weights of every sharing group, level by level."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import zip_longest

from mgiad_dsl.draw import notation
from mgiad_dsl.draw.colours import BESIDE, Palette, order
from mgiad_dsl.draw.labels import SIZE, SMALL, TINY, cell, chip, font, table, wide
from mgiad_dsl.graph.describe import kind
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.ops import Conv, Resampling
from mgiad_dsl.graph.weights import trainable

MANY = 6
MOST = 12  # columns; the weights of more levels are one
ROLES = ("stem", "operator", "scalar", "transfer", "norm", "activation", "chance", "head")

Family = list[WeightGroup]


def legend(network: Network, palette: Palette, columns: str | None) -> str:
    """A column for each level; in it a chip for each sharing group of each family.

    A family has rows for each kind of operator that it is on its levels; without weights, a line.
    """
    return _Legend(network, palette, columns).text()


class _Legend:
    def __init__(self, network: Network, palette: Palette, columns: str | None) -> None:
        self._network = network
        self._live = network.live_groups()
        self._palette = palette
        self._theme = palette.theme
        self._axis = columns or ""
        levels = {group.levels.get(self._axis) for group in network.groups.values()}
        self._folded = len(levels) > MOST
        self._weighted = [group for group in network.groups.values() if trainable(group.op)]
        places = {self._place(group) for group in self._weighted}
        self._places = sorted(places, key=lambda place: (place is None, place or 0))

    def _place(self, group: WeightGroup) -> int | None:
        return None if self._folded else group.levels.get(self._axis)

    def text(self) -> str:
        families: dict[str, Family] = {}
        for group in sorted(self._network.groups.values(), key=order):
            families.setdefault(group.family, []).append(group)
        parts = {self._rank(groups): self._family(groups) for groups in families.values()}
        for name, kinds in self._resampling().items():
            parts[False, ROLES.index("transfer"), name] = [
                self._plain(name, self._theme.ink, kinds)
            ]
        rows = [parts[rank] for rank in sorted(parts)]
        if self._weighted:
            rows = [[self._heading()], *rows, [self._totals()]]
        return table(rows, BORDER=1, COLOR=self._theme.rule, CELLSPACING=1) if rows else ""

    def _rank(self, groups: Family) -> tuple[bool, int, str]:
        """Roles in the order of a network, dead weights last."""
        first = groups[0]
        return not self._lives(first), ROLES.index(first.role), first.family

    def _resampling(self) -> dict[str, list[str]]:
        """The operators that have no sharing group, pools and upsampling, with their kinds."""
        found: dict[str, list[str]] = {}
        for node in self._network.operations.values():
            if node.operator and isinstance(node.op, Resampling):
                found.setdefault(node.operator, []).append(kind(node.op))
        return found

    # -- rows --------------------------------------------------------------------------------

    def _heading(self) -> str:
        levels = [wide(self._bold(self._title(place)), 3) for place in self._places]
        return "".join([wide("", 2), *levels, cell(self._bold("weights"), "RIGHT")])

    def _title(self, place: int | None) -> str:
        if place is not None:
            return f"{self._axis} = {place}"
        if self._folded:
            return "all levels"
        elsewhere = any(group.levels for group in self._weighted if self._place(group) is None)
        return "elsewhere" if elsewhere else "all levels"

    def _totals(self) -> str:
        sums = map(_weights, self._columns(self._weighted))
        levels = [cell("") + cell(self._bold(f"{count:,}"), "RIGHT") + cell("") for count in sums]
        total = cell(self._bold(f"{_weights(self._weighted):,}"), "RIGHT")
        return "".join([cell(self._bold("total"), "LEFT"), cell(""), *levels, total])

    def _family(self, groups: Family) -> list[str]:
        """The rows of a family: for each of its kinds as many as its fullest level needs."""
        first, kinds = groups[0], _kinds(groups)
        if not _weights(groups):
            return [self._plain(first.family, self._tint(first), kinds)]
        bundled = first.role in BESIDE or max(map(len, self._columns(groups))) > MANY
        parts = {text: self._lines(of_kind, bundled) for text, of_kind in kinds.items()}
        height = sum(map(len, parts.values()))
        name = _tall(_family_name(first.family, self._tint(first)), height, "LEFT")
        count = _tall(font(f"{_weights(groups):,}", SMALL, self._ink(first)), height, "RIGHT")
        rows = []
        for text, lines in parts.items():
            words = text if self._lives(first) else f"{text}, dead"
            what = _tall(font(escape(words), SMALL, self._ink(first)), len(lines), "LEFT")
            rows += [what + lines[0], *lines[1:]]
        return [f"{name}{rows[0]}{count}", *rows[1:]]

    def _plain(self, family: str, tint: str, kinds: Iterable[str]) -> str:
        """The row of a family without weights."""
        name = _family_name(family, tint)
        what = font(escape(" or ".join(dict.fromkeys(kinds))), SMALL, self._theme.ink)
        if not self._places:
            return cell(f"{name}&#160;&#160;{what}", "LEFT")
        return cell(name, "LEFT") + cell(what, "LEFT") + wide("", 3 * len(self._places) + 1)

    def _lines(self, groups: Family, bundled: bool) -> list[str]:
        """Side by side the groups of each level, one below the other."""
        columns = self._columns(groups)
        if bundled:
            cells = [list(map(self._chip, self._bundles(column))) for column in columns]
        else:
            cells = [[self._chip([group]) for group in column] for column in columns]
        return ["".join(line) for line in zip_longest(*cells, fillvalue=wide("", 3))]

    def _bundles(self, groups: Family) -> list[Family]:
        """What is summed: groups of the same levels, or all."""
        return [groups] if self._folded else _bundles(groups)

    def _columns(self, groups: Family) -> list[Family]:
        """The groups of each level."""
        columns: dict[int | None, Family] = {place: [] for place in self._places}
        for group in groups:
            columns[self._place(group)].append(group)
        return list(columns.values())

    def _chip(self, groups: Family) -> str:
        """A chip, the weights, and how often they are used."""
        first = groups[0]
        uses = sum(len(group.users) for group in groups)
        math, times = notation.of_group(first), f"×{uses}" if uses > 1 else ""
        if len(groups) > 1:
            levels = () if self._folded else first.levels.items()
            inner = [f" {n}={v}" for n, v in levels if n != self._axis]
            math = notation.words(f"{len(groups)} {first.family}{''.join(inner)}")
            times = ""
        count = cell(font(f"{_weights(groups):,}", SMALL, self._ink(first)), "RIGHT")
        often = cell(font(times, TINY, self._theme.muted), "LEFT")
        return chip(first.name, self._palette, math) + count + often

    def _bold(self, text: str) -> str:
        return font(f"<B>{escape(text)}</B>", SMALL, self._theme.ink)

    # -- colours -----------------------------------------------------------------------------

    def _lives(self, group: WeightGroup) -> bool:
        return group.name in self._live

    def _tint(self, group: WeightGroup) -> str:
        return self._palette.ink(group.family) if self._lives(group) else self._theme.dead_ink

    def _ink(self, group: WeightGroup) -> str:
        return self._theme.ink if self._lives(group) else self._theme.dead_ink


def _kinds(groups: Family) -> dict[str, Family]:
    """The groups by what they are; last and by name the fully coupled ones, beside others."""
    grouped = any(isinstance(group.op, Conv) and group.op.groups > 1 for group in groups)
    found: dict[str, Family] = {}
    coupled: dict[str, Family] = {}
    for group in groups:
        if grouped and isinstance(group.op, Conv) and group.op.groups == 1:
            coupled.setdefault(f"{kind(group.op)}, fully coupled", []).append(group)
        else:
            found.setdefault(kind(group.op), []).append(group)
    return {**found, **coupled}


def _bundles(groups: Family) -> list[Family]:
    """Groups of the same levels together."""
    bundles: dict[tuple[tuple[str, int], ...], Family] = {}
    for group in groups:
        bundles.setdefault(tuple(group.levels.items()), []).append(group)
    return [bundles[levels] for levels in sorted(bundles)]


def _family_name(family: str, tint: str) -> str:
    return f"<B>{notation.html(notation.symbol(family), SIZE, tint)}</B>"


def _tall(content: str, rows: int, align: str) -> str:
    """A cell across several rows."""
    return f'<TD ROWSPAN="{rows}" ALIGN="{align}">{content}</TD>'


def _weights(groups: Family) -> int:
    return sum(trainable(group.op) for group in groups)
