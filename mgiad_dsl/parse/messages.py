"""Syntax errors in the words of the language."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from mgiad_dsl.base.source import Source, Span, SpecError
from mgiad_dsl.parse.bounds import ITEMS, code, end_of_code
from mgiad_dsl.parse.failure import Failure
from mgiad_dsl.parse.foreign import foreign
from mgiad_dsl.parse.grammar import reserved_words, terminals

_CLASSES = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in "quotes"',
    "X": "`x`",
    "INIT": "`init`",
    "UNIT": "a unit such as GiB",
    "_BATCH": "`batch`",
    "COMPARE": "`<=`",  # of a budget
    "MINUS": "`-`",
    "$END": "the end of the file",
}
_STARTS_EXPRESSION = {"NAME", "NUMBER", "MINUS", "NOT", "TRUE", "FALSE", "_LPAR", "_LSQB"}
_ITEMS = {f"_{word.upper()}" for word in ITEMS} - {"_NETWORK"}
_CONTINUES_EXPRESSION = {"PLUS", "MINUS", "TIMES", "OVER", "POWER", "COMPARE", "AND", "OR"}


def syntax_error(source: Source, error: UnexpectedInput) -> SpecError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        span = Span(source, error.token.start_pos or 0, error.token.end_pos or 0)
        found = f"`{error.token}`"
    elif isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        span, found = Span(source, at, at + 1), _character(source.text[at])
    else:  # lark reports the end on the last token; point past it
        return SpecError("the text ends too early", end_of_code(source), hint=_expectation(error))
    word = str(error.token) if isinstance(error, UnexpectedToken) else ""
    expected = _expected(error)
    parser = error.interactive_parser
    read = parser.parser_state.value_stack if parser else ()
    habit = foreign(Failure(source, span, frozenset(expected), read))
    if habit is not None:
        return habit
    missing = word in ITEMS and "NUMBER" in expected  # an expression is, before the next item
    if word in reserved_words() and "NAME" in expected and not missing:
        return SpecError(
            f"`{word}` is a word of the language and cannot be a name",
            span,
            hint=f"take another name, such as `{word}_1`",
        )
    return _misspelt(source, span, expected) or SpecError(
        f"{found} cannot stand here", span, hint=_expectation(error)
    )


def _character(sign: str) -> str:
    return f"the character `{sign}`" if sign.isprintable() else f"the character {sign!a}"


def _misspelt(source: Source, span: Span, expected: set[str]) -> SpecError | None:
    """The word in this place, or the one before (``strid 2``), is nearly one of the language."""
    before = re.search(r"[A-Za-z_]\w*(?=\s*$)", code(source.text[: span.start]))
    candidates = [(span, {terminals().get(name, "") for name in expected})]
    if before:
        candidates.append((Span(source, before.start(), before.end()), set(reserved_words())))
    for where, words in candidates:
        near = get_close_matches(where.text, sorted(words), n=1, cutoff=0.75)
        if near and where.text not in reserved_words():
            hint = f"did you mean `{near[0]}`?"
            return SpecError(f"`{where.text}` cannot stand here", where, hint=hint)
    return None


def _expected(error: UnexpectedInput) -> set[str]:
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    assert isinstance(error, UnexpectedCharacters)
    parser: Any = error.interactive_parser  # what the lexer looked for is more than can follow
    return set(parser.accepts() if parser else error.allowed or ())


def _expectation(error: UnexpectedInput) -> str | None:
    names = _expected(error)
    said = []
    if names == {"X"}:
        return "a size is two numbers with `x` between: 3x3, k x k"
    if names >= _ITEMS:
        said.append("a new declaration")
        names -= _ITEMS
    if names >= _STARTS_EXPRESSION - {"NAME", "MINUS", "NOT"}:
        said.append("an expression")
        names -= _STARTS_EXPRESSION
    if names >= _CONTINUES_EXPRESSION:
        names -= _CONTINUES_EXPRESSION | {"QMARK", "_LPAR", "_LSQB"}
    said += sorted(_CLASSES.get(name) or f"`{terminals()[name]}`" for name in names)
    if not said or len(said) > 16:
        return None
    return "expected " + (" or ".join([", ".join(said[:-1]), said[-1]]) if said[1:] else said[0])
