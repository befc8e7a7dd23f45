"""The texts above and under a diagram: the title, and the panel of equations and weights."""

from __future__ import annotations

from html import escape

from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import SIZE, SMALL, Size, cell, font, html, table
from mgiad_dsl.draw.legend import legend
from mgiad_dsl.draw.listing import listing
from mgiad_dsl.draw.look import Look
from mgiad_dsl.draw.metrics import text_width
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Cycle, Loop, cycles, equations, unrolled
from mgiad_dsl.graph.weights import trainable

TITLE = 16


def panel(network: Network, palette: Palette, columns: str | None, signs: str = "") -> str:
    """Equations and legend as the label of a whole graph; ``columns`` names the levels."""
    parts = [signs, listing(network, palette), legend(network, palette, columns)]
    return html(table([cell(part) for part in parts if part], CELLSPACING=6))


def title(network: Network, look: Look) -> tuple[str, Size]:
    """Name or another title, exact weights, and the kinds of cycles that run; with its size."""
    theme, text = look.theme, network.name if look.title is None else look.title
    rows = [(text, TITLE, theme.ink), (_counted(network), SIZE + 1, theme.ink)]
    rows.append((", ".join(_cycles(network)), SMALL, theme.muted))
    rows = [row for row in rows if row[0]]
    width = max((text_width(text, size, bold=True) for text, size, _ in rows), default=0.0)
    height = sum(size + 7.0 for _, size, _ in rows)
    cells = [cell(font(_bold(escape(text), size), size, ink)) for text, size, ink in rows]
    return html(table(cells, CELLSPACING=0)) if cells else "", (width, height)


def _bold(text: str, size: float) -> str:
    return f"<B>{text}</B>" if size == TITLE else text


def _counted(network: Network) -> str:
    """``2,750,666 weights, 1,152 of them dead``; nothing of a network without weights."""
    live = network.live_groups()
    weights = {name: trainable(group.op) for name, group in network.groups.items()}
    dead = sum(count for name, count in weights.items() if name not in live)
    total = sum(weights.values())
    words = f"{total:,} weights" if total else ""
    return words + (f", {dead:,} of them dead" if dead else "")


def _cycles(network: Network) -> list[str]:
    """``2 V cycles over l``: the kinds of cycles; how often, of those that are in no other."""
    found: dict[str, int] = {}
    for cycle in cycles(network.tree):
        if any(equations(cycle)):
            found.setdefault(f"{cycle.kind} cycle{{}} over {cycle.index}", 0)
    outermost = (stage for stage in network.tree if isinstance(stage, (Cycle, Loop)))
    for _, item in unrolled(tuple(outermost)):
        if isinstance(item, Cycle) and any(equations(item)):
            found[f"{item.kind} cycle{{}} over {item.index}"] += 1
    return [
        (f"{times} " if times > 1 else "") + words.format("s" if times > 1 else "")
        for words, times in found.items()
    ]
