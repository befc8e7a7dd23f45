"""Syntax errors that are habits of other languages: the word in question, and what to write here.

The table is `language.habits`. What is found here is the kind of place that the parser stands in,
and the word itself: reading often fails behind it.
"""

from __future__ import annotations

import re

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import habit
from mgiad_dsl.parse.bounds import code
from mgiad_dsl.parse.failure import Failure, example, no_place
from mgiad_dsl.parse.foreign_kinds import kind, size
from mgiad_dsl.parse.foreign_options import argument, option
from mgiad_dsl.parse.foreign_signs import dotted, sign

_TARGET = re.compile(r"[A-Za-z_]\w*(?:\[[^\]\n]*\])?(?=\s*=(?!=))")


def foreign(at: Failure) -> SpecError | None:
    """The error that names the habit, if it is one."""
    for find in (option, argument, kind, size, _item, sign, dotted, _keyword, _beside):
        found = find(at)
        if found is not None:
            return found
    return None


def _item(at: Failure) -> SpecError | None:
    """A word at the beginning of a declaration, or of a part of a cycle."""
    if "COARSEN" in at.expected:
        return no_place(at.span, habit(at.span.text, habits.PARTS))
    if "_NETWORK" in at.expected or ("_LET" in at.expected and "_OUTPUT" in at.expected):
        if at.span.text == "{" and (at.last("network") or at.inside("_NETWORK")):
            return no_place(at.span, habit("network n {", habits.FORMS))
        target = _TARGET.match(at.source.text, at.span.start)
        if target and "_LET" in at.expected:
            return no_place(at.span, example("c = 8", "c =", f"{target[0]} ="))
        return no_place(at.span, habit(at.span.text, habits.ITEMS))
    return None


def _keyword(at: Failure) -> SpecError | None:
    """A word of another language, here or before on this line."""
    for word in reversed([*re.finditer(r"\w+", code(at.source.text[: at.span.end])[at.line :])]):
        hint = habit(word[0], habits.KEYWORDS)
        if hint:
            return no_place(at.stretch(at.line + word.start(), at.line + word.end()), hint)
    return None


def _beside(at: Failure) -> SpecError | None:
    """``A u``, ``2 u``: what stands behind an equation or a declaration and begins none."""
    span = at.span
    if any(at.last("__block_star", what) for what in ("NAME", "name", "index")):
        before, span = map(at.of, at.read[-2:])
        if at.one_line(span.end, at.span.start) and at.span.text not in ("(", "}"):
            return None
    elif at.last("let") and {"_LET", "_OUTPUT"} <= at.expected and span.text[0].isalnum():
        before = at.of(at.read[-1])
    else:
        return None
    hint = habit(span.text, habits.KEYWORDS) or habit("A u", habits.FORMS)
    return no_place(span, hint) if at.one_line(before.end, span.start) else None
