"""An equation as it ran: the text of the spec, with the branches that were taken."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mgiad_dsl.base.comments import without_comments
from mgiad_dsl.base.source import Span
from mgiad_dsl.language import syntax as ast

Taken = Mapping[tuple[int, int], ast.Expr]

_SIMPLE = (ast.Name, ast.Index, ast.Call, ast.Number)


def written(span: Span, taken: Taken) -> str:
    """The text of ``span`` on one line, without comments.

    ``taken`` gives the branch that was taken of the conditionals, by their places.
    """
    return " ".join(_text(span.source.text, span.start, span.end, taken).split())


def _text(source: str, start: int, end: int, taken: Taken) -> str:
    """The text between two places; a conditional inside becomes its branch."""
    inside = sorted(
        (first, last)
        for first, last in taken
        if start <= first and last <= end and (first, last) != (start, end)
    )
    parts, at = [], start
    for first, last in inside:
        if first < at:  # inside one that was replaced already
            continue
        branch = taken[first, last]
        replaced = _text(source, branch.span.start, branch.span.end, taken)
        before, after = without_comments(source[at:first]), last
        if isinstance(branch, _SIMPLE) and _grouped(before, source[last:end]):
            before, after = before.rstrip()[:-1], source.index(")", last) + 1
        parts += [before, replaced]
        at = after
    return "".join([*parts, without_comments(source[at:end])])


def _grouped(before: str, after: str) -> bool:
    """Whether parentheses stand around, which only hold a conditional together."""
    ends = re.search(r"(?:^|[^\w\])])\s*\($", before.rstrip())
    return ends is not None and after.lstrip().startswith(")")
