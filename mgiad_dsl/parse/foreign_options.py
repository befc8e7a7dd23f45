"""Options and arguments from other languages: behind a kind of operator, and in a call."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from lark import Token

from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import activation, habit
from mgiad_dsl.language.kinds import KINDS, KindName, kind_named, takes
from mgiad_dsl.language.words import ACTIVATIONS
from mgiad_dsl.parse.failure import Failure, example, no_place

_OPTIONS = frozenset().union(*(traits.options for traits in KINDS.values()))
_VALUE = re.compile(r"\s*[=:]\s*([\w.'\"+-]*)")  # behind a name


def option(at: Failure) -> SpecError | None:
    """What stands behind a kind of operator and is no option of it, or one with a ``=``."""
    span, kind = at.of(at.read[-1]) if at.last("INIT") else _behind_kind(at), _kind_read(at)
    if span is None or kind is None or not re.match(r"\w", span.text):
        return None
    value = _VALUE.match(at.source.text, span.end)
    if span.text == "init" and "init" in KINDS[kind].options and not value:
        message = "`init` needs what the weights start from, on its line"
        return SpecError(message, span, hint=habits.INITIAL)
    whole = at.stretch(span.start, value.end() if value else span.end)
    first = at.source.text[: span.start].rstrip().endswith(kind)
    hint = _option_hint(kind, span.text, value[1].strip("'\"") if value else None, first)
    return SpecError(f"`{kind}` has no `{whole.text}`", whole, hint=hint)


def _option_hint(kind: KindName, word: str, value: str | None, first: bool) -> str:
    """What to write for ``word``, or ``word=value``, the ``first`` thing behind a kind or not."""
    traits = KINDS[kind]
    tables = [habits.BEHIND]
    tables += [habits.OPTIONS] if traits.options - {"init"} else []
    tables += [habits.STARTS] if "init" in traits.options else []
    hint = None
    if value is not None:
        hint = habit(f"{word}={value}".lower(), *tables)
        if hint is None and word in traits.options:
            hint = _assigned(word, value)
        elif hint is None and value.lower() not in ("true", "false"):
            hint = habit(value, *tables)  # padding=same
    hint = hint or habit(word, *tables) or activation(word)
    if hint is None:
        near = get_close_matches(word.lower(), sorted(traits.options), n=1, cutoff=0.75)
        hint = f"did you mean `{near[0]}`?" if near else None
    if hint is None and first and traits.argument in ("window", "factor"):
        hint = habit("maxpool k x k", habits.FORMS)
    return hint or takes(kind)


def _assigned(word: str, value: str) -> str | None:
    """What to write for an option with a ``=``."""
    if value.lower() in ("true", "false"):
        if value.lower() == "false":
            return habit("depthwise=false", habits.OPTIONS)
        return example("bias=true", "bias", word)
    return habit(value, habits.OPTIONS) or example("stride=2", "stride 2", f"{word} {value}")


def _behind_kind(at: Failure) -> Span | None:
    """What could only have been an option.

    In an operator the parser takes an unknown word for the name of the next one, and fails behind
    it; on the line on which the operator ends, it was meant as an option.
    """
    if at.last("__operators_star", "NAME") or at.last("__operators_star", "declared"):
        before, name = map(at.of, at.read[-2:])
        return name if at.one_line(before.end, name.start) else None
    if at.span.text in ("=", ":") and at.read:
        before = at.of(at.read[-1])
        typed = None if at.argument else habit(before.text, habits.OPTIONS)
        return before if before.text in _OPTIONS or typed else None
    if {"STRIDE", "PAD"} <= at.expected and at.read:
        return at.span if at.one_line(at.of(at.read[-1]).end, at.span.start) else None
    return None


def _kind_read(at: Failure) -> KindName | None:
    """The kind, or the function, whose options are being read, or were the last to be read."""
    if at.argument:
        words = [at.of(at.read[at.argument - 1]).text]
    elif at.last("__operators_star", ""):
        operators: Any = at.read[-2]
        words = [operators.children[-1].children[-1].children[0]]
    else:
        colon = max((n for n, item in enumerate(at.read) if item == ":"), default=0)
        words = [str(item) for item in at.read[colon:] if isinstance(item, Token)]
    return next((kind_named(word) for word in words if word in KINDS), None)


def argument(at: Failure) -> SpecError | None:
    """``maxpool(r, kernel_size=2)``, ``maxpool(r, 2x2, stride 2)``, ``relu()(r)``"""
    if not at.call:
        return None
    function = at.of(at.read[at.call - 1])
    if at.span.text == "(" and at.last("_RPAR"):
        return _no_function(function) or no_place(at.span, habit("relu()(r)", habits.FORMS))
    if not at.argument:
        return None
    if at.span.text in _OPTIONS and at.last("COMMA"):
        return no_place(at.span, habit("maxpool(r, 2x2, stride 2)", habits.FORMS))
    value = _VALUE.match(at.source.text, at.span.start)
    if at.span.text != "=" or value is None:
        return None
    span = at.stretch(at.of(at.read[-1]).start, value.end())
    return _no_function(function) or no_place(span, habit("kernel_size=2", habits.FORMS))


def _no_function(span: Span) -> SpecError | None:
    """A function of another language."""
    known = span.text in ACTIVATIONS or span.text in KINDS
    hint = habit(span.text, habits.NAMES, habits.KINDS) or activation(span.text)
    return None if known else no_place(span, hint)
