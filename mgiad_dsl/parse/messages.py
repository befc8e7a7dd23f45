"""Syntax errors in the words of the language."""

from __future__ import annotations

import re
from difflib import get_close_matches

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from mgiad_dsl.parse.grammar import reserved_words, terminals
from mgiad_dsl.source import Source, Span, SpecError

_CLASSES = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "X": "`x`",
    "MINUS": "`-`",
    "$END": "the end of the file",
}
_STARTS_EXPRESSION = {"NAME", "NUMBER", "MINUS", "NOT", "TRUE", "FALSE", "_LPAR", "_LSQB"}
_CONTINUES_EXPRESSION = {"PLUS", "MINUS", "TIMES", "OVER", "POWER", "COMPARE", "AND", "OR"}


def syntax_error(source: Source, error: UnexpectedInput) -> SpecError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        span = Span(source, error.token.start_pos or 0, error.token.end_pos or 0)
        found = f"`{error.token}`"
    elif isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        span, found = Span(source, at, at + 1), f"the character `{source.text[at]}`"
    else:  # lark reports the end on the last token; point past it
        end = len(source.text.rstrip())
        span, found = Span(source, end, end + 1), "the end of the file"
    word = str(error.token) if isinstance(error, UnexpectedToken) else ""
    if word in reserved_words() and "NAME" in _expected(error):
        return SpecError(
            f"`{word}` is a word of the language and cannot be a name",
            span,
            hint=f"take another name, such as `{word}_1`",
        )
    return _misspelt(source, span) or SpecError(
        f"{found} cannot stand here", span, hint=_expectation(error)
    )


def _misspelt(source: Source, span: Span) -> SpecError | None:
    """A word before the place (``strid 2``) that is nearly one of the language."""
    before = re.search(r"([A-Za-z_]\w*)\s*$", source.text[: span.start])
    word = before.group(1) if before else ""
    near = get_close_matches(word, sorted(reserved_words()), n=1, cutoff=0.75)
    if before is None or not near or word in reserved_words():
        return None
    where = Span(source, before.start(1), before.end(1))
    return SpecError(f"`{word}` cannot stand here", where, hint=f"did you mean `{near[0]}`?")


def _expected(error: UnexpectedInput) -> set[str]:
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    assert isinstance(error, UnexpectedCharacters)
    return set(error.allowed or ())


def _expectation(error: UnexpectedInput) -> str | None:
    names = _expected(error)
    said = []
    if names >= _STARTS_EXPRESSION - {"NAME", "MINUS", "NOT"}:
        said.append("an expression")
        names -= _STARTS_EXPRESSION
    if names >= _CONTINUES_EXPRESSION:
        names -= _CONTINUES_EXPRESSION | {"QMARK", "_LPAR", "_LSQB"}
    said += sorted(_CLASSES.get(name) or f"`{terminals()[name]}`" for name in names)
    if not said or len(said) > 16:
        return None
    return "expected " + (" or ".join([", ".join(said[:-1]), said[-1]]) if said[1:] else said[0])
