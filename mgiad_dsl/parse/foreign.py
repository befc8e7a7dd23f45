"""Syntax errors that are habits of other languages: the word in question, and what to write here.

The table is `language.habits`. What is found here is the kind of place that the parser stands in,
and the word itself: reading often fails behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeAlias

from lark import Token, Tree

from mgiad_dsl.base.source import Source, Span, SpecError
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import activation, habit
from mgiad_dsl.language.kinds import KIND_NAMES, KINDS, KindName, kind_named, takes
from mgiad_dsl.language.words import ACTIVATIONS
from mgiad_dsl.parse.bounds import code

Read: TypeAlias = "Token | Tree[Token]"

_OPTIONS = frozenset().union(*(traits.options for traits in KINDS.values()))
_SIGNS = re.compile(
    "|".join(map(re.escape, sorted((s for row in habits.SIGNS for s in row), key=len)[::-1]))
)
_WORD = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_VALUE = re.compile(r"\s*[=:]\s*([\w.'\"+-]*)")  # behind a name
_TARGET = re.compile(r"[A-Za-z_]\w*(?:\[[^\]\n]*\])?(?=\s*=(?!=))")


@dataclass(frozen=True)
class Failure:
    """Reading failed at ``span``, where one of the terminals ``expected`` could have stood.

    ``read`` is the parser's stack: what it has read and not yet made part of something larger.
    """

    source: Source
    span: Span
    expected: frozenset[str]
    read: Sequence[Read]

    def stretch(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def of(self, item: Read) -> Span:
        """Where something that was read stands."""
        if isinstance(item, Token):
            return self.stretch(item.start_pos or 0, item.end_pos or 0)
        if item.meta.empty:
            return self.span
        return self.stretch(item.meta.start_pos, item.meta.end_pos)

    def inside(self, word: str) -> bool:
        """Whether the block of a word is being read."""
        return any(isinstance(item, Token) and item.type == word for item in self.read)

    @property
    def call(self) -> int:
        """How much was read before the brackets of the last call, or 0."""
        opened = max((n for n, item in enumerate(self.read) if item == "("), default=0)
        return opened if opened and isinstance(self.read[opened - 1], Tree) else 0

    @property
    def argument(self) -> int:
        """As `call`, of a call whose arguments are being read."""
        return 0 if self.last("_RPAR") else self.call

    @property
    def line(self) -> int:
        """Where the line begins."""
        return self.source.text.rfind("\n", 0, self.span.start) + 1

    def one_line(self, start: int, end: int) -> bool:
        return "\n" not in self.source.text[start:end]

    def last(self, *names: str) -> bool:
        """Whether the last of what was read are such tokens and trees."""
        found = [i.type if isinstance(i, Token) else i.data for i in self.read[-len(names) :]]
        return len(found) == len(names) and all(map(str.startswith, found, names))


def foreign(at: Failure) -> SpecError | None:
    """The error that names the habit, if it is one."""
    for find in (_option, _argument, _kind, _size, _item, _sign, _dotted, _keyword, _beside):
        found = find(at)
        if found is not None:
            return found
    return None


def _no_place(span: Span, hint: str | None) -> SpecError | None:
    return (hint and SpecError(f"`{span.text}` cannot stand here", span, hint=hint)) or None


# -- options and arguments -----------------------------------------------------------------


def _option(at: Failure) -> SpecError | None:
    """What stands behind a kind of operator and is no option of it, or one with a ``=``."""
    span, kind = _behind_kind(at), _kind_read(at)
    if span is None or kind is None or not re.match(r"\w", span.text):
        return None
    value = _VALUE.match(at.source.text, span.end)
    whole = at.stretch(span.start, value.end() if value else span.end)
    first = at.source.text[: span.start].rstrip().endswith(kind)
    hint = _option_hint(kind, span.text, value[1].strip("'\"") if value else None, first)
    return SpecError(f"`{kind}` has no `{whole.text}`", whole, hint=hint)


def _option_hint(kind: KindName, word: str, value: str | None, first: bool) -> str:
    """What to write for ``word``, or ``word=value``, the ``first`` thing behind a kind or not."""
    traits = KINDS[kind]
    tables = (habits.BEHIND, habits.OPTIONS) if traits.options else (habits.BEHIND,)
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
        return _example("bias=true", "bias", word)
    return habit(value, habits.OPTIONS) or _example("stride=2", "stride 2", f"{word} {value}")


def _example(form: str, example: str, typed: str) -> str:
    """The hint of a form, with what was typed in place of its example."""
    return (habit(form, habits.FORMS, habits.OPTIONS) or "").replace(example, typed)


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


def _argument(at: Failure) -> SpecError | None:
    """``maxpool(r, kernel_size=2)``, ``maxpool(r, 2x2, stride 2)``, ``relu()(r)``"""
    if not at.call:
        return None
    function = at.of(at.read[at.call - 1])
    if at.span.text == "(" and at.last("_RPAR"):
        return _no_function(function) or _no_place(at.span, habit("relu()(r)", habits.FORMS))
    if not at.argument:
        return None
    if at.span.text in _OPTIONS and at.last("COMMA"):
        return _no_place(at.span, habit("maxpool(r, 2x2, stride 2)", habits.FORMS))
    value = _VALUE.match(at.source.text, at.span.start)
    if at.span.text != "=" or value is None:
        return None
    span = at.stretch(at.of(at.read[-1]).start, value.end())
    return _no_function(function) or _no_place(span, habit("kernel_size=2", habits.FORMS))


def _no_function(span: Span) -> SpecError | None:
    """A function of another language."""
    known = span.text in ACTIVATIONS or span.text in KINDS
    hint = habit(span.text, habits.NAMES, habits.KINDS) or activation(span.text)
    return None if known else _no_place(span, hint)


# -- kinds and sizes -----------------------------------------------------------------------


def _kind(at: Failure) -> SpecError | None:
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


def _size(at: Failure) -> SpecError | None:
    """``3*16*16``, ``[3, 3]``, ``(3, 3)`` and ``(3x3)`` where a size is wanted."""
    wanted = at.inside("CONV") or at.inside("_INPUT")
    if at.last("CONV", "") or at.last("_INPUT", "NAME", "COLON", ""):
        span = at.of(at.read[-1])
        if "X" in at.expected and at.last("binary") and "*" in span.text:
            sizes = re.sub(r" *[*] *", " x ", span.text)
            hint = _example("3*16*16", "3 x 16 x 16", sizes)
            return SpecError(f"`{span.text}` is one number", span, hint=hint)
        if at.last("list"):
            return _no_place(span, habit("(3, 3)", habits.FORMS))
    if at.span.text == "x" and at.last("CONV", "_LPAR", ""):
        return _no_place(at.span, habit("conv(3x3)", habits.FORMS))
    open_ = {"X", "_RPAR"} & at.expected or at.last("CONV", "dims")
    if at.span.text == "," and open_ and "COMMA" not in at.expected:
        return _no_place(at.span, habit("(3, 3)" if wanted else "(64, 128)", habits.FORMS))
    return None


# -- declarations, equations, signs --------------------------------------------------------


def _item(at: Failure) -> SpecError | None:
    """A word at the beginning of a declaration, or of a part of a cycle."""
    if "COARSEN" in at.expected:
        return _no_place(at.span, habit(at.span.text, habits.PARTS))
    if "_NETWORK" in at.expected or ("_LET" in at.expected and "_OUTPUT" in at.expected):
        if at.span.text == "{" and (at.last("network") or at.inside("_NETWORK")):
            return _no_place(at.span, habit("network n {", habits.FORMS))
        target = _TARGET.match(at.source.text, at.span.start)
        if target and "_LET" in at.expected:
            return _no_place(at.span, _example("c = 8", "c =", f"{target[0]} ="))
        return _no_place(at.span, habit(at.span.text, habits.ITEMS))
    return None


def _sign(at: Failure) -> SpecError | None:
    """A sign of which what the parser refuses is a part."""
    text = code(at.source.text)
    for sign in _SIGNS.finditer(text, at.line):
        span = at.stretch(*sign.span())
        if span.start <= at.span.start < span.end and _is_refused(at, span):
            if re.compile(r"(?<=\d),\d{3}").match(text, span.start):
                return _no_place(span, habit("2,750,666", habits.FORMS))
            return _no_place(span, habit(span.text, habits.SIGNS))
    if at.span.text == "{" and "NUMBER" in at.expected and "LBRACE" not in at.expected:
        return _no_place(at.span, habit("{64, 128}", habits.FORMS))
    if at.span.text.startswith('"'):
        return _no_place(at.span, habit('"V"', habits.FORMS))
    if at.span.text == "=" and "QMARK" in at.expected and not {"CONV", "_IN"} & at.expected:
        return _no_place(at.span, habit("a = b ?", habits.FORMS))
    return None


def _is_refused(at: Failure, sign: Span) -> bool:
    """Whether a sign is what is wrong, and not one that is missing before it."""
    if sign.text == ",":
        return not {"NUMBER", "COMMA"} & at.expected
    if sign.text == ";":
        return "COMMA" not in at.expected
    if sign.text == "==":
        return "EQUAL" in at.expected or sign.start < at.span.start
    return True


def _dotted(at: Failure) -> SpecError | None:
    """``nn.ReLU``, ``A(u).relu()``, ``.5``"""
    if at.span.text != ".":
        return None
    for point in re.finditer(r"(\w*)\.(\w*)", at.source.text):
        if point.start() <= at.span.start < point.end():
            span, (before, after) = at.stretch(*point.span()), point.groups()
            if before.isdigit() or after.isdigit():
                return _no_place(span, habit(".5", habits.FORMS))
            hint = habit(after, habits.NAMES, habits.KINDS) or activation(after)
            return _no_place(span, hint or habit("self.A", habits.FORMS))
    return None


def _keyword(at: Failure) -> SpecError | None:
    """A word of another language, here or before on this line."""
    for word in reversed([*re.finditer(r"\w+", code(at.source.text[: at.span.end])[at.line :])]):
        hint = habit(word[0], habits.KEYWORDS)
        if hint:
            return _no_place(at.stretch(at.line + word.start(), at.line + word.end()), hint)
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
    return _no_place(span, hint) if at.one_line(before.end, span.start) else None
