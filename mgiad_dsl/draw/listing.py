"""The equations of a network under its diagram, as the spec writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from mgiad_dsl.base.comments import without_comments
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import INK, MONO, SMALL, cell, font, table
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Body, Cycle, Equation, Loop, Output, Part, Start, unrolled

WIDEST = 108


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
    rows = [
        cell(font(f"<B>{escape(title)}</B>&#160;" if number == 0 else "", SMALL, INK), "RIGHT")
        + cell(_coloured(line, palette), "LEFT")
        for title, texts in found.items()
        for number, line in enumerate(line for text in texts for line in _wrapped(text))
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
                yield "output", _plain(equation).removeprefix("output ")


def _body(body: Body, title: str, *, inner: bool) -> Iterator[tuple[str, str]]:
    for _, item in unrolled(body):
        if isinstance(item, Equation):
            yield title, _plain(item)
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


def _plain(equation: Equation) -> str:
    """The text of an equation without comments and line breaks."""
    return " ".join(without_comments(equation.span.text).split())


def _wrapped(text: str) -> list[str]:
    """Lines of a text, broken at spaces; the further ones indented."""
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > WIDEST and lines[-1].strip():
            lines.append("   ")
        lines[-1] += f"{word} "
    return [line.rstrip() for line in lines]


def _coloured(text: str, palette: Palette) -> str:
    words = re.split(r"(\b[A-Za-z_]\w*)", text)
    shown = [
        f'<FONT COLOR="{palette.families[word]}"><B>{word}</B></FONT>'
        if word in palette.families
        else escape(word).replace(" ", "&#160;")
        for word in words
        if word
    ]
    return f'<FONT FACE="{MONO}" POINT-SIZE="{SMALL}">{"".join(shown)}</FONT>'
