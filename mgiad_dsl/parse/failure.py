"""Where reading failed, and errors that name what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lark import Token, Tree

from mgiad_dsl.base.source import Source, Span, SpecError
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import habit

Read: TypeAlias = "Token | Tree[Token]"


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


def no_place(span: Span, hint: str | None) -> SpecError | None:
    """The error of what cannot stand where it does, if there is a hint what to write."""
    return (hint and SpecError(f"`{span.text}` cannot stand here", span, hint=hint)) or None


def example(form: str, example: str, typed: str) -> str:
    """The hint of a form, with what was typed in place of its example."""
    return (habit(form, habits.FORMS, habits.OPTIONS) or "").replace(example, typed)
