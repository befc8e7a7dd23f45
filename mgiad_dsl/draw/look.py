"""What a picture is to show, and how it is to look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw.theme import LIGHT, Theme
from mgiad_dsl.graph.network import Network, WeightGroup

Depth = Literal["levels", "steps", "ops"]
Layout = Literal["portrait", "landscape"]


@dataclass(frozen=True)
class Look:
    """The choices of a picture; None leaves one to what can be read.

    ``depth`` is a block for each level, for the steps of each visit, or every operation; ``fold``
    draws levels that look alike once. ``width`` is in inches; the type is then at least 7 pt.
    ``highlight`` are operators and sharing groups, ``A``, ``A[2]``; ``bars`` show how many
    weights each group has. There is a legend unless there is a width.
    """

    depth: Depth | None = None
    fold: bool | None = None
    width: float | None = None
    layout: Layout = "portrait"
    legend: bool | None = None
    title: str | None = None
    theme: Theme = LIGHT
    highlight: tuple[str, ...] = ()
    bars: bool = False

    @property
    def with_legend(self) -> bool:
        return self.width is None if self.legend is None else self.legend

    def lit(self, network: Network) -> frozenset[str]:
        """The sharing groups that are highlighted.

        Raises:
            SpecError: a highlight names none.
        """
        return frozenset(name for each in self.highlight for name in _named(network, each))


def _named(network: Network, text: str) -> list[str]:
    """The groups of ``A``, of ``A[2]`` (with all further indices), or ``A.2_0`` itself."""
    found = [group.name for group in network.groups.values() if _is_named(group, text)]
    if not found:
        families = ", ".join(dict.fromkeys(group.family for group in network.groups.values()))
        raise SpecError(
            f"no sharing group {text} to highlight",
            hint=f"an operator, A, with or without indices, A[2]; there are {families}"
            if families
            else "the network has no weights",
        )
    return found


def _is_named(group: WeightGroup, text: str) -> bool:
    asked = re.fullmatch(r"\s*(\w+)\s*(?:\[([-\d,\s]*)\])?\s*", text)
    if asked is None or asked[1] != group.family:
        return text == group.name
    indices = [part.strip() for part in (asked[2] or "").split(",") if part.strip()]
    return list(map(str, group.indices))[: len(indices)] == indices
