"""The parser that lark makes of the grammar, and the words it reserves."""

from __future__ import annotations

from functools import lru_cache

from lark import Lark

from mgiad_dsl import resources


@lru_cache(maxsize=1)
def parser() -> Lark:
    return Lark(
        resources.grammar(),
        start=["spec", "expr"],
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        cache=resources.cache_file("mgspec.lark.cache") or False,
    )


@lru_cache(maxsize=1)
def terminals() -> dict[str, str]:
    """How each terminal is spelled: ``STRIDE`` is ``stride``."""
    return {t.name: t.pattern.value.removesuffix(r"\b") for t in parser().terminals}


@lru_cache(maxsize=1)
def reserved_words() -> frozenset[str]:
    """Words of the language that cannot be names: those that may follow an expression."""
    words = {text for name, text in terminals().items() if name.strip("_") == text.upper()}
    return frozenset(words - {"size"})
