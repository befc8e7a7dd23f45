"""The texts above and under a diagram: the title, and the panel of equations and weights."""

from __future__ import annotations

from html import escape

from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import INK, SMALL, cell, font, html, table
from mgiad_dsl.draw.legend import MUTED, legend
from mgiad_dsl.draw.listing import listing
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import cycles, equations
from mgiad_dsl.graph.weights import trainable


def panel(network: Network, palette: Palette, columns: str | None) -> str:
    """Equations and legend as the label of a whole graph; ``columns`` names the levels."""
    parts = [listing(network, palette), legend(network, palette, columns)]
    return html(table([cell(part) for part in parts if part], CELLSPACING=6))


def title(network: Network) -> str:
    """Name, exact weights, and the kinds of cycles that run."""
    live = network.live_groups()
    weights = {name: trainable(group.op) for name, group in network.groups.items()}
    dead = sum(count for name, count in weights.items() if name not in live)
    text = f"{sum(weights.values()):,} weights" + (f", {dead:,} of them dead" if dead else "")
    kinds = {
        f"{cycle.kind} cycle over {cycle.index}": None
        for cycle in cycles(network.tree)
        if any(equations(cycle))
    }
    rows = [
        cell(font(f"<B>{escape(network.name)}</B>", 16)),
        cell(font(text, 11, INK)),
        cell(font(", ".join(kinds), SMALL, MUTED)),
    ]
    return html(table(rows, CELLSPACING=0))
