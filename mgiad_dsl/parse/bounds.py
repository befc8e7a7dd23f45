"""What is checked before reading: size, brackets, and after it depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token, Tree

from mgiad_dsl.base.printable import find_unsafe
from mgiad_dsl.base.source import MAX_SIZE, Note, Source, Span, SpecError, too_large

MAX_DEPTH = 64
MAX_WORD = 64

ITEMS = (
    "network", "let", "input", "levels", "spaces", "operators", "start", "step", "cycle", "repeat",
    "output", "expect", "published", "budget", "variant",
)  # fmt: skip

_CLOSES = {")": "(", "]": "[", "}": "{"}
_HEADER = re.compile(r"(?:\s|#[^\n]*\n)*mgspec\s+([^\s#]+)")
# What has a block, with a colon at the end of its line.
_BLOCK_IN_PYTHON = re.compile(
    r"^[ \t]*(?:operators|start|step|cycle|repeat|variant|smooth|coarsen|solve|correct)\b"
    r"[^\n{]*(?P<colon>:)[ \t]*$",
    re.MULTILINE,
)
_PIECE = re.compile(r'(?P<skip>#[^\n]*|"[^"\n]*")|(?P<bracket>[(\[{)\]}])|(?P<word>\w+)')


@dataclass(frozen=True)
class Bracket:
    sign: str
    span: Span


def check_text(source: Source) -> None:
    """Bounded, and text: what a parser needs.

    Raises:
        SpecError: too large, binary, a word without end, or another version.
    """
    if len(source.text) > MAX_SIZE:
        raise too_large(source.name)
    zero = source.text.find("\0")
    if zero >= 0:
        raise SpecError("a binary file is no spec", Span(source, zero, zero + 1))
    for piece in _PIECE.finditer(source.text):
        if piece["word"] and len(piece["word"]) > MAX_WORD:
            span = Span(source, piece.start(), piece.end())
            raise SpecError(f"a name or number of more than {MAX_WORD} characters", span)
        if piece["skip"]:
            _check_signs(source, piece["skip"], piece.start())
    header = _HEADER.match(source.text)
    if header and header[1] != "1":
        raise SpecError(
            f"mgspec {header[1]} is not known",
            Span(source, header.start(1), header.end(1)),
            hint="this compiler reads `mgspec 1`",
        )


def _check_signs(source: Source, text: str, start: int) -> None:
    """Of comments and strings the lexer takes every character; elsewhere it refuses these."""
    at = find_unsafe(text)
    if at is not None:
        what = "comment" if text.startswith("#") else "text"
        raise SpecError(
            f"the character {text[at]!a} cannot stand in a {what}",
            Span(source, start + at, start + at + 1),
            hint="control characters can change what a terminal shows",
        )


def code(text: str) -> str:
    """The text with comments and strings blanked out, all else in its place.

    Strings become quotes, so that what stands before one is not what stands before its end.
    """
    blank = {"#": " ", '"': '"'}
    return _PIECE.sub(lambda m: blank[m[0][0]] * len(m[0]) if m["skip"] else m[0], text)


def end_of_code(source: Source) -> Span:
    """Behind the last sign that is no comment; behind all comments if there is none."""
    end = len(code(source.text).rstrip()) or len(source.text.rstrip())
    return Span(source, end, end + 1)


def check_brackets(source: Source) -> None:
    """Every bracket closed, none too deep: better messages than a parser's.

    Raises:
        SpecError: at the first bracket that is wrong.
    """
    opened: list[Bracket] = []
    for piece in _PIECE.finditer(source.text):
        if not piece["bracket"]:
            continue
        bracket = Bracket(piece["bracket"], Span(source, piece.start(), piece.end()))
        if bracket.sign in "([{":
            opened.append(bracket)
            if len(opened) > MAX_DEPTH:
                raise SpecError(f"brackets nested deeper than {MAX_DEPTH}", bracket.span)
        elif not opened:
            raise _closes_nothing(bracket)
        else:
            _check_pair(opened.pop(), bracket)
    if opened:
        raise SpecError(
            f"the file ends before `{opened[-1].sign}` is closed",
            end_of_code(source),
            notes=(_opened(opened[-1]),),
        )


def _closes_nothing(bracket: Bracket) -> SpecError:
    """With the line before it that was meant to open a block, as in Python."""
    source, end = bracket.span.source, bracket.span.start
    lines = _BLOCK_IN_PYTHON.finditer(code(source.text[:end])) if bracket.sign == "}" else ()
    notes = [
        Note("a block begins with `{`, not with `:`", Span(source, *line.span("colon")))
        for line in lines
    ]
    return SpecError(f"`{bracket.sign}` closes nothing", bracket.span, notes=tuple(notes[-1:]))


def _check_pair(before: Bracket, after: Bracket) -> None:
    if _CLOSES[after.sign] != before.sign:
        raise SpecError(
            f"`{after.sign}` does not close `{before.sign}`", after.span, notes=(_opened(before),)
        )


def _opened(bracket: Bracket) -> Note:
    return Note(f"`{bracket.sign}` was opened here", bracket.span)


def check_depth(source: Source, tree: Tree[Token]) -> None:
    """Chains (``a+a+a...``) nest without brackets; bound them before recursion.

    Raises:
        SpecError: an expression that is nested too deeply.
    """
    todo = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise SpecError(
                f"an expression nested deeper than {MAX_DEPTH}",
                Span(source, node.meta.start_pos, node.meta.end_pos),
                hint="name parts of it with `let`",
            )
        todo.extend((child, depth + 1) for child in node.children if isinstance(child, Tree))


def items(text: str) -> Iterator[int]:
    """Where the items of a spec begin: their words outside all brackets."""
    depth = 0
    for piece in _PIECE.finditer(text):
        if piece["bracket"]:
            depth += 1 if piece["bracket"] in "([{" else -1
        elif depth == 0 and piece["word"] in ITEMS:
            yield piece.start()
