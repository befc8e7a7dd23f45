"""How figures look: a column wide, in fonts that a paper can embed, told apart without colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

WIDTH = 3.25  # inches: a column of most proceedings
HEIGHT = 2.5

# Okabe and Ito's colours, which the colour-blind tell apart; yellow is too light for lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*"  # matplotlib's
SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "triangle-down",
    "cross",
    "star",
)  # plotly's

RC: dict[Any, Any] = {
    "font.family": "STIXGeneral",  # Times-like; comes with matplotlib
    "mathtext.fontset": "stix",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.3,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 0.9,
    "pdf.fonttype": 42,  # TrueType: publishers refuse Type 3
    "ps.fonttype": 42,
    "svg.hashsalt": "mgiad",  # the same file every time
}


@dataclass(frozen=True)
class Look:
    """How a family is drawn."""

    colour: str
    marker: str
    symbol: str


def looks(families: Iterable[str]) -> dict[str, Look]:
    """A look for each family; after seven they come again."""
    kinds = [Look(*each) for each in zip(COLOURS, MARKERS, SYMBOLS, strict=True)]
    return {family: kinds[number % len(kinds)] for number, family in enumerate(families)}
