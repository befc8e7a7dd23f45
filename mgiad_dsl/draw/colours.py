"""Colours of sharing groups: a hue for each family, a shade for each group.

The hues are those of Okabe and Ito (2008), which colour-blind readers can tell apart,
without yellow (too light on paper) and with purple and olive.
"""

from __future__ import annotations

import math

from mgiad_dsl.graph.network import Network, WeightGroup

HUES = ("#0072B2", "#D55E00", "#009E73", "#B8508A", "#5E3C99", "#7A7A00", "#C98A00", "#3A9BC8")
NEUTRAL = "#555555"
PALE = "#A0A0A0"
DEAD = "#E4E4E4"
LIGHTEST = 0.42
HUED = ("operator", "scalar", "transfer")
# Roles of what stands beside operators, and has no chip there.
BESIDE = ("norm", "activation", "chance")


def order(group: WeightGroup) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What orders the groups of a family: their levels, then their indices."""
    return tuple(group.levels.values()), group.indices


class Palette:
    """The colour of every sharing group of a network."""

    def __init__(self, network: Network) -> None:
        self._live = network.live_groups()
        families: dict[str, list[str]] = {}
        for group in sorted(network.groups.values(), key=order):
            families.setdefault(group.family, []).append(group.name)
        hued = self._hued(network, families)
        self.families = {
            family: _hue(network.groups[names[0]].role, family, hued)
            for family, names in families.items()
        }
        self._groups = {
            name: _mix(self.families[family], share)
            for family, names in families.items()
            for name, share in zip(names, _shares(len(names)), strict=True)
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

    def fill(self, group: str) -> str:
        """The background of a group's chip."""
        return self._groups[group] if group in self._live else DEAD

    def text(self, group: str) -> str:
        """Black or white, whichever can be read on the background."""
        if group not in self._live:
            return "#777777"
        return "white" if _luminance(self.fill(group)) < 0.26 else "black"


def _hue(role: str, family: str, hued: list[str]) -> str:
    if family in hued:
        return HUES[hued.index(family) % len(HUES)]
    return PALE if role in BESIDE else NEUTRAL


def _shares(number: int) -> list[float]:
    if number == 1:
        return [0.8]
    return [LIGHTEST + (1 - LIGHTEST) * i / (number - 1) for i in range(number)]


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
