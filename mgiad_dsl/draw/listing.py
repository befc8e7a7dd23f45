"""The equations of a network under its diagram, as mathematics."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from mgiad_dsl.draw import notation
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import SIZE, SMALL, cell, font, table
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Body, Cycle, Equation, Loop, Output, Part, Start, unrolled

WIDEST = 560.0  # of a line, in points


def listing(network: Network, palette: Palette) -> str:
    """Every equation of the spec that runs, with its operators in the colour of their family.

    An equation stands once, where it runs first.
    """
    titles: dict[str, str] = {}
    for title, text in _titled(network):
        titles.setdefault(text, title)
    found: dict[str, list[str]] = {}
    for text, title in titles.items():
        found.setdefault(title, []).append(text)
    operators = {node.operator for node in network.operations.values() if node.operator}
    rows = [
        cell(
            font(f"<B>{escape(title)}</B>&#160;" if number == 0 else "", SMALL, palette.theme.ink),
            "RIGHT",
        )
        + cell(line, "LEFT")
        for title, texts in found.items()
        for number, line in enumerate(
            line for text in texts for line in _lines(text, palette, operators)
        )
    ]
    return table(rows, CELLSPACING=0, CELLPADDING=1, BORDER=0)


# -- what runs where -------------------------------------------------------------------------


def _titled(network: Network) -> Iterator[tuple[str, str]]:
    """Each equation that runs, after what it is a part of: the start, a step, an output."""
    for stage in network.tree:
        match stage:
            case Start():
                yield from _body(stage.body, "start", inner=False)
            case Cycle():
                yield from _cycle(stage, inner=False)
            case Loop():
                yield from _body((stage,), f"repeat {stage.index}", inner=False)
            case Output(equation):
                yield "output", equation.text


def _body(body: Body, title: str, *, inner: bool) -> Iterator[tuple[str, str]]:
    for _, item in unrolled(body):
        if isinstance(item, Equation):
            yield title, item.text
        else:
            yield from _cycle(item, inner=inner)


def _cycle(cycle: Cycle, *, inner: bool) -> Iterator[tuple[str, str]]:
    for visit in cycle.visits:
        for part in visit.parts:
            title = _title(part, cycle.index, inner=inner)
            for each in part.passes:
                yield from _body(each.body, title, inner=True)


def _title(part: Part, index: str, *, inner: bool) -> str:
    """The step that a part is, or what it does and over which levels."""
    if part.step:
        return part.step
    word = "smooth" if part.role in ("pre", "post") else part.role
    return f"{word} over {index}" if inner or word != "smooth" else word


# -- how it looks ----------------------------------------------------------------------------


def _lines(text: str, palette: Palette, operators: set[str]) -> list[str]:
    """An equation, broken where it is too long; the further lines are indented."""
    lines: list[notation.Math] = [()]
    for run in notation.typeset(text, operators):
        if notation.width((*lines[-1], run), SIZE) > WIDEST and not run.below:
            lines.append((notation.Run("      "),))
        lines[-1] = (*lines[-1], run)
    ink, inks = palette.theme.ink, {name: palette.ink(name) for name in palette.families}
    return [notation.html(line, SIZE, ink, inks) for line in lines]
