"""The legend of a diagram: the weights of every sharing group, level by level."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import zip_longest

from mgiad_dsl.draw.colours import BESIDE, Palette, order
from mgiad_dsl.draw.labels import INK, SMALL, cell, chip, font, table, wide
from mgiad_dsl.graph.describe import kind
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.ops import Conv, Resampling
from mgiad_dsl.graph.weights import trainable

MANY = 6
MUTED = "#777777"
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
        self._axis = columns or ""
        self._weighted = [group for group in network.groups.values() if trainable(group.op)]
        places = {self._place(group) for group in self._weighted}
        self._places = sorted(places, key=lambda place: (place is None, place or 0))

    def _place(self, group: WeightGroup) -> int | None:
        return group.levels.get(self._axis)

    def text(self) -> str:
        families: dict[str, Family] = {}
        for group in sorted(self._network.groups.values(), key=order):
            families.setdefault(group.family, []).append(group)
        parts = {self._rank(groups): self._family(groups) for groups in families.values()}
        for name, kinds in self._resampling().items():
            parts[False, ROLES.index("transfer"), name] = [self._plain(name, INK, kinds)]
        rows = [parts[rank] for rank in sorted(parts)]
        if self._weighted:
            rows = [[self._heading()], *rows, [self._totals()]]
        return table(rows, BORDER=1, COLOR="#BBBBBB", CELLSPACING=1) if rows else ""

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
        levels = [wide(_bold(self._title(place)), 3) for place in self._places]
        return "".join([wide("", 2), *levels, cell(_bold("weights"), "RIGHT")])

    def _title(self, place: int | None) -> str:
        if place is not None:
            return f"{self._axis} = {place}"
        elsewhere = any(group.levels for group in self._weighted if self._place(group) is None)
        return "elsewhere" if elsewhere else "all levels"

    def _totals(self) -> str:
        sums = map(_weights, self._columns(self._weighted))
        levels = [cell("") + cell(_bold(f"{count:,}"), "RIGHT") + cell("") for count in sums]
        total = cell(_bold(f"{_weights(self._weighted):,}"), "RIGHT")
        return "".join([cell(_bold("total"), "LEFT"), cell(""), *levels, total])

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
        what = font(escape(" or ".join(dict.fromkeys(kinds))), SMALL, INK)
        if not self._places:
            return cell(f"{name}&#160;&#160;{what}", "LEFT")
        return cell(name, "LEFT") + cell(what, "LEFT") + wide("", 3 * len(self._places) + 1)

    def _lines(self, groups: Family, bundled: bool) -> list[str]:
        """Side by side the groups of each level, one below the other."""
        columns = self._columns(groups)
        if bundled:
            cells = [list(map(self._chip, _bundles(column))) for column in columns]
        else:
            cells = [[self._chip([group]) for group in column] for column in columns]
        return ["".join(line) for line in zip_longest(*cells, fillvalue=wide("", 3))]

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
        text, times = first.name, f"×{uses}" if uses > 1 else ""
        if len(groups) > 1:
            inner = [f" {n}={v}" for n, v in first.levels.items() if n != self._axis]
            text, times = f"{len(groups)} {first.family}{''.join(inner)}", ""
        count = cell(font(f"{_weights(groups):,}", SMALL, self._ink(first)), "RIGHT")
        return chip(first.name, self._palette, text) + count + cell(font(times, 8, MUTED), "LEFT")

    # -- colours -----------------------------------------------------------------------------

    def _lives(self, group: WeightGroup) -> bool:
        return group.name in self._live

    def _tint(self, group: WeightGroup) -> str:
        return self._palette.families[group.family] if self._lives(group) else MUTED

    def _ink(self, group: WeightGroup) -> str:
        return INK if self._lives(group) else MUTED


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
    return font(f"<B>{escape(family)}</B>", 10, tint)


def _bold(text: str) -> str:
    return font(f"<B>{escape(text)}</B>", SMALL, INK)


def _tall(content: str, rows: int, align: str) -> str:
    """A cell across several rows."""
    return f'<TD ROWSPAN="{rows}" ALIGN="{align}">{content}</TD>'


def _weights(groups: Family) -> int:
    return sum(trainable(group.op) for group in groups)
