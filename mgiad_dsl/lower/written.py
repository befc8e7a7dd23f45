"""An equation as it ran: the text of the spec, with the branches that were taken."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mgiad_dsl.base.comments import without_comments
from mgiad_dsl.base.source import Span
from mgiad_dsl.language import syntax as ast

Taken = Mapping[tuple[int, int], ast.Expr]

_SIMPLE = (ast.Name, ast.Index, ast.Call, ast.Number)
_CALL = re.compile(r"[\w\])]\s*\($")


def written(span: Span, taken: Taken) -> str:
    """The text of ``span`` on one line, without comments.

    ``taken`` gives the branch that was taken of the conditionals, by their places.
    """
    source = without_comments(span.source.text)
    return " ".join(_text(source, span.start, span.end, taken).split())


def _text(source: str, start: int, end: int, taken: Taken) -> str:
    """The text between two places; a conditional inside becomes its branch."""
    parts, at = [], start
    for first, last in sorted(taken):
        if first < at or end < last:  # outside, or inside one that was replaced already
            continue
        branch = _branch(taken[first, last], taken)
        before, after = source[at:first], last
        while isinstance(branch, _SIMPLE) and _grouped(before, source[after:end]):
            before, after = before.rstrip()[:-1], source.index(")", after) + 1
        parts += [before, _text(source, branch.span.start, branch.span.end, taken)]
        at = after
    return "".join([*parts, source[at:end]])


def _branch(expr: ast.Expr, taken: Taken) -> ast.Expr:
    """The branch of a branch, if that is a conditional again."""
    while isinstance(expr, ast.Conditional):
        expr = taken[expr.span.start, expr.span.end]
    return expr


def _grouped(before: str, after: str) -> bool:
    """Whether parentheses stand around, which only hold a conditional together."""
    before = before.rstrip()
    return before.endswith("(") and not _CALL.search(before) and after.lstrip().startswith(")")
