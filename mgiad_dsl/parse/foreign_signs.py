"""Signs of other languages."""

from __future__ import annotations

import re

from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import activation, habit
from mgiad_dsl.parse.bounds import code
from mgiad_dsl.parse.failure import Failure, no_place

_SIGNS = re.compile(
    "|".join(map(re.escape, sorted((s for row in habits.SIGNS for s in row), key=len)[::-1]))
)


def sign(at: Failure) -> SpecError | None:
    """A sign of which what the parser refuses is a part."""
    text = code(at.source.text)
    for sign in _SIGNS.finditer(text, at.line):
        span = at.stretch(*sign.span())
        if span.start <= at.span.start < span.end and _is_refused(at, span):
            if re.compile(r"(?<=\d),\d{3}").match(text, span.start):
                return no_place(span, habit("2,750,666", habits.FORMS))
            return no_place(span, habit(span.text, habits.SIGNS))
    if at.span.text == "{" and "NUMBER" in at.expected and "LBRACE" not in at.expected:
        return no_place(at.span, habit("{64, 128}", habits.FORMS))
    if at.span.text.startswith('"'):
        return no_place(at.span, habit('"V"', habits.FORMS))
    if at.span.text == "=" and "QMARK" in at.expected and not {"CONV", "_IN"} & at.expected:
        return no_place(at.span, habit("a = b ?", habits.FORMS))
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


def dotted(at: Failure) -> SpecError | None:
    """``nn.ReLU``, ``A(u).relu()``, ``.5``"""
    if at.span.text != ".":
        return None
    for point in re.finditer(r"(\w*)\.(\w*)", at.source.text):
        if point.start() <= at.span.start < point.end():
            span, (before, after) = at.stretch(*point.span()), point.groups()
            if before.isdigit() or after.isdigit():
                return no_place(span, habit(".5", habits.FORMS))
            hint = habit(after, habits.NAMES, habits.KINDS) or activation(after)
            return no_place(span, hint or habit("self.A", habits.FORMS))
    return None
