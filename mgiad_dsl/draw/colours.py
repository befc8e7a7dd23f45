"""Colours of sharing groups: a hue for each family, a shade for each group.

The hues are those of Okabe and Ito (2008), which colour-blind readers can tell apart,
without yellow (too light on paper) and with purple and olive.
"""

from __future__ import annotations

import math

from mgiad_dsl.draw.theme import LIGHT, Theme
from mgiad_dsl.graph.network import Network, WeightGroup

HUES = ("#0072B2", "#D55E00", "#009E73", "#B8508A", "#5E3C99", "#7A7A00", "#C98A00", "#3A9BC8")
HUED = ("operator", "scalar", "transfer")
# Roles of what stands beside operators, and has no chip there.
BESIDE = ("norm", "activation", "chance")


def order(group: WeightGroup) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What orders the groups of a family: their levels, then their indices."""
    return tuple(group.levels.values()), group.indices


class Palette:
    """The colour of every sharing group of a network.

    With groups ``lit``, all others are grey.
    """

    def __init__(
        self, network: Network, theme: Theme = LIGHT, lit: frozenset[str] = frozenset()
    ) -> None:
        self.theme = theme
        self.lit = lit
        self._live = network.live_groups()
        families: dict[str, list[str]] = {}
        for group in sorted(network.groups.values(), key=order):
            families.setdefault(group.family, []).append(group.name)
        hued = self._hued(network, families)
        self.families = {
            family: _hue(network.groups[names[0]].role, family, hued, theme)
            for family, names in families.items()
        }
        self._groups = {
            name: _mix(self.families[family], share)
            for family, names in families.items()
            for name, share in zip(names, _shares(len(names), *theme.shares), strict=True)
        }

    def _hued(self, network: Network, families: dict[str, list[str]]) -> list[str]:
        """The families that get a hue of their own: operators, scalars, transfers, by name."""
        roles = {
            family: network.groups[names[0]].role
            for family, names in families.items()
            if not self._live.isdisjoint(names)
        }
        hued = [family for family, role in roles.items() if role in HUED]
        return sorted(hued, key=lambda family: (HUED.index(roles[family]), family))

    def shown(self, groups: tuple[str, ...]) -> str:
        """The group whose colour stands for several: one that is lit, or the first."""
        return next((group for group in groups if group in self.lit), groups[0])

    def fill(self, group: str) -> str:
        """The background of a group's chip."""
        return self._groups[group] if self._shows(group) else self.theme.dead

    def ink(self, family: str) -> str:
        """The colour of a family's name."""
        hue = self.families[family]
        if hue in (self.theme.stem, self.theme.beside):
            return self.theme.muted
        return _mix(hue, self.theme.letters)

    def text(self, group: str) -> str:
        """Black or white, whichever can be read on the background."""
        if not self._shows(group):
            return self.theme.dead_ink
        return "#FFFFFF" if _luminance(self.fill(group)) < 0.26 else "#000000"

    def _shows(self, group: str) -> bool:
        return group in self._live and (not self.lit or group in self.lit)


def _hue(role: str, family: str, hued: list[str], theme: Theme) -> str:
    if family in hued:
        return HUES[hued.index(family) % len(HUES)]
    return theme.beside if role in BESIDE else theme.stem


def _shares(number: int, first: float, last: float) -> list[float]:
    if number == 1:
        return [first + (last - first) * 2 / 3]
    return [first + (last - first) * i / (number - 1) for i in range(number)]


def _mix(colour: str, share: float) -> str:
    """A colour mixed with white."""
    mixed = (round(255 - (255 - part) * share) for part in _parts(colour))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _luminance(colour: str) -> float:
    """Relative luminance as in WCAG, with a plain power for sRGB."""
    red, green, blue = (math.pow(part / 255, 2.2) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
