"""The parser that lark makes of the grammar, and the words it reserves."""

from __future__ import annotations

from functools import lru_cache

from lark import Lark, Token

from mgiad_dsl.base import resources
from mgiad_dsl.language.kinds import BOUNDARIES, RESAMPLINGS, UPSAMPLINGS

# Words of the grammar that are names all the same, where a name is wanted.
_NAMES = {"size", *RESAMPLINGS, *UPSAMPLINGS, *BOUNDARIES}


@lru_cache(maxsize=1)
def parser() -> Lark:
    return Lark(
        resources.grammar(),
        start=["spec", "expr"],
        parser="lalr",
        lexer="contextual",
        lexer_callbacks={"NAME": _reserve},
        propagate_positions=True,
        maybe_placeholders=False,
        cache=resources.cache_file("mgspec.lark.cache") or False,
    )


def _reserve(token: Token) -> Token:
    """A word of the language is no name, even where the parser would take one."""
    return token.update(type=_keywords().get(str(token)))


@lru_cache(maxsize=1)
def terminals() -> dict[str, str]:
    """How each terminal is spelled: ``STRIDE`` is ``stride``."""
    return {t.name: t.pattern.value.removesuffix(r"\b") for t in parser().terminals}


@lru_cache(maxsize=1)
def _keywords() -> dict[str, str]:
    """The terminal of each reserved word."""
    words = {text: name for name, text in terminals().items() if name.strip("_") == text.upper()}
    return {text: name for text, name in words.items() if text not in _NAMES}


def reserved_words() -> frozenset[str]:
    """Words of the language that cannot be names."""
    return frozenset(_keywords())
