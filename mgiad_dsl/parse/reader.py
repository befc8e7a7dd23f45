"""From a source to its syntax tree, or to all of its syntax errors."""

from __future__ import annotations

from functools import lru_cache

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import MAX_SIZE, Source
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.parse.bounds import check_brackets, check_depth, check_text, items
from mgiad_dsl.parse.builder import Builder
from mgiad_dsl.parse.grammar import parser
from mgiad_dsl.parse.messages import syntax_error


@lru_cache(maxsize=64)
def parse(source: Source) -> ast.Spec:
    """The syntax tree of a spec, which nothing changes: the same text is read once.

    Raises:
        SpecError: the text is too long, not text, nested too deeply, or no spec.
    """
    spec: ast.Spec = Builder(source).transform(_tree(source, "spec"))
    return spec


def parse_value(source: Source) -> ast.Expr:
    """The expression that a text is: a setting of the command line.

    Raises:
        SpecError: it is no expression.
    """
    tree = _tree(source, "expr")
    value: ast.Expr = Builder(source).transform(tree)
    return value


def _tree(source: Source, start: str) -> Tree[Token]:
    check_text(source)
    check_brackets(source)
    report, text, read = Report(), source.text, 0
    while True:
        try:
            tree = parser().parse(text, start=start)
            break
        except UnexpectedInput as error:
            found = syntax_error(source, error)
        report.error(found)
        read += len(text)
        rest = _without_item(text, found.span.start if found.span else 0)
        if rest is None or read > MAX_SIZE:
            break
        text = rest
    report.raise_errors()
    check_depth(source, tree)
    return tree


def _without_item(text: str, at: int) -> str | None:
    """The text with the item that ends or fails at a place blanked out, to read on behind it.

    None for the header, which nothing can be read without.
    """
    starts = [*items(text), len(text)]
    before = [start for start in starts if start < at]
    if len(before) < 2 or not text[before[-1] : at].strip():
        return None
    end = next(start for start in starts if start >= at)
    blank = "".join(c if c == "\n" else " " for c in text[before[-1] : end])
    return text[: before[-1]] + blank + text[end:]
