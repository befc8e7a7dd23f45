"""Kinds of operators and sizes from other languages."""

from __future__ import annotations

import re
from difflib import get_close_matches

from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import activation, habit
from mgiad_dsl.language.kinds import KIND_NAMES, KINDS
from mgiad_dsl.parse.failure import Failure, example, no_place

_WORD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def kind(at: Failure) -> SpecError | None:
    """A word in the place of a kind, and a kind in the place of a value."""
    word = _WORD.match(at.source.text, at.span.start)
    if "CONV" in at.expected and "NAME" not in at.expected:
        return _no_kind(at.stretch(*word.span())) if word else None
    if word and word[0] in KINDS and "NUMBER" in at.expected:
        hint = habit(word[0], habits.KINDS)
        return SpecError(f"`{word[0]}` is not declared", at.span, hint=hint)
    if at.last("declared", "COLON", "") and at.inside("_OPERATORS") and "CONV" not in at.expected:
        read = at.of(at.read[-1])
        word = _WORD.match(read.text)
        if word and (habit(word[0], habits.KINDS) or not at.one_line(read.end, at.span.start)):
            return _no_kind(at.stretch(read.start, read.start + word.end()))
    return None


def _no_kind(span: Span) -> SpecError:
    word = span.text.rpartition(".")[2]
    near = get_close_matches(word.lower(), KIND_NAMES, n=1, cutoff=0.75)
    hint = (
        habit(word, habits.KINDS)
        or activation(word)
        or (f"did you mean `{near[0]}`?" if near else None)
    )
    return SpecError(
        f"`{span.text}` is no kind of operator",
        span,
        hint=hint or "the kinds are " + ", ".join(sorted(KIND_NAMES)),
    )


def size(at: Failure) -> SpecError | None:
    """``3*16*16``, ``[3, 3]``, ``(3, 3)`` and ``(3x3)`` where a size is wanted."""
    wanted = at.inside("CONV") or at.inside("_INPUT")
    if at.last("CONV", "") or at.last("_INPUT", "NAME", "COLON", ""):
        span = at.of(at.read[-1])
        if "X" in at.expected and at.last("binary") and "*" in span.text:
            sizes = re.sub(r" *[*] *", " x ", span.text)
            hint = example("3*16*16", "3 x 16 x 16", sizes)
            return SpecError(f"`{span.text}` is one number", span, hint=hint)
        if at.last("list"):
            return no_place(span, habit("(3, 3)", habits.FORMS))
    if at.span.text == "x" and at.last("CONV", "_LPAR", ""):
        return no_place(at.span, habit("conv(3x3)", habits.FORMS))
    open_ = {"X", "_RPAR"} & at.expected or at.last("CONV", "dims")
    if at.span.text == "," and open_ and "COMMA" not in at.expected:
        return no_place(at.span, habit("(3, 3)" if wanted else "(64, 128)", habits.FORMS))
    return None
