"""Statements as lines of Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from typing_extensions import assert_never

from mgiad_dsl.emit import layout
from mgiad_dsl.emit.expressions import argument, reference, write
from mgiad_dsl.emit.layout import INDENT, WIDTH, Display, lines
from mgiad_dsl.outline.program import (
    Assign,
    Call,
    Comment,
    Default,
    OnCoarsest,
    Repeat,
    Return,
    Statement,
    Take,
)


def statements(body: Sequence[Statement], indent: int) -> list[str]:
    """The body of a function."""
    return [line for statement in body for line in _statement(statement, indent)]


def _statement(statement: Statement, indent: int) -> Iterator[str]:
    margin = INDENT * indent
    match statement:
        case Comment(text):
            yield f"{margin}# {text}"
        case Take():
            yield from _take(statement, margin)
        case Assign(target, value):
            yield f"{margin}{target} = {write(value)}"
        case Default(target, value, parts):
            yield f"{margin}if {target} is None:"
            yield from statements((*parts, Assign(target, value)), indent + 1)
        case Call(targets, function, arguments, method):
            before = f"{', '.join(targets)} = " if targets else "return "
            before += "self." if method else ""
            call = layout.Call(f"{before}{function}", tuple(map(argument, arguments)))
            yield from lines(call, indent)
        case Repeat():
            yield f"{margin}for {_every(statement)}:"
            yield from _statement(statement.call, indent + 1)
        case OnCoarsest(level, coarsest, body):
            yield f"{margin}if {level} == {coarsest}:"
            yield from statements(body, indent + 1)
        case Return():
            yield from _return(statement, indent)
        case _:
            assert_never(statement)


def _take(take: Take, margin: str) -> Iterator[str]:
    """On one line if it fits; else each by itself."""
    operators = [reference(each) for each in take.operators]
    line = f"{margin}{', '.join(take.names)} = {', '.join(operators)}"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from (
            f"{margin}{name} = {each}" for name, each in zip(take.names, operators, strict=True)
        )


def _every(repeat: Repeat) -> str:
    if repeat.over is None:
        return f"_ in range({repeat.times})"
    end = "" if repeat.end is None else repeat.end
    part = f"[{repeat.first or ''}:{end}]" if repeat.first or end else ""
    return f"{repeat.name} in {reference(repeat.over)}{part}"


def _return(statement: Return, indent: int) -> Iterator[str]:
    values = [write(value) for value in statement.values]
    if statement.names:
        pairs = tuple(f'"{n}": {v}' for n, v in zip(statement.names, values, strict=True))
        yield from lines(Display("return ", pairs, brackets=("{", "}")), indent)
    else:
        line = f"{INDENT * indent}return {', '.join(values)}"
        several = lines(Display("return ", tuple(values)), indent)
        yield from [line] if len(line) <= WIDTH or len(values) == 1 else several
