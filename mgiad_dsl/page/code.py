"""The spec and the emitted source, highlighted by Pygments; every line has an id."""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer, RegexLexer, words
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

from mgiad_dsl.parse.grammar import reserved_words

_STYLE = "friendly"


class SpecLexer(RegexLexer):
    """Words, numbers, names and signs of the language."""

    name = "mgspec"

    tokens = {  # noqa: RUF012  # of Pygments
        "root": [
            (r"\s+", Text),
            (r"#[^\n]*", Comment.Single),
            (r'"[^"\n]*"', String),
            (words(sorted(reserved_words()), prefix=r"\b", suffix=r"\b"), Keyword),
            (r"\b\d[\d_]*(?:\.\d+)?(?:[kM]\b)?", Number),
            (r"[A-Za-z_]\w*(?=\s*\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r".", Operator),
        ]
    }


def spec(text: str) -> str:
    """The element ``<pre>`` of a spec; line 3 is ``spec-3``."""
    return _highlighted(text, SpecLexer(stripnl=False, stripall=False), "spec")


def python(text: str) -> str:
    """The element ``<pre>`` of an emitted source; line 3 is ``python-3``."""
    return _highlighted(text, PythonLexer(stripnl=False), "python")


def styles() -> str:
    """The style sheet of both."""
    styles: str = HtmlFormatter(style=_STYLE).get_style_defs(".highlight")  # type: ignore[no-untyped-call]
    return styles


def _highlighted(text: str, lexer: Lexer, name: str) -> str:
    return str(highlight(text, lexer, HtmlFormatter(style=_STYLE, linespans=name)))
