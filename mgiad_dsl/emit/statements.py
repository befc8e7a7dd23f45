"""Statements as lines of Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from typing_extensions import assert_never

from mgiad_dsl.emit import layout
from mgiad_dsl.emit.expressions import argument, reference, write
from mgiad_dsl.emit.layout import INDENT, WIDTH, Display, lines
from mgiad_dsl.outline.program import (
    Assign,
    Call,
    Comment,
    Default,
    Expression,
    Repeat,
    Return,
    Statement,
)

_HOISTED = 36  # the longest part of an expression that is too long for a line


class Statements:
    """Writes the body of a function, in which the names ``used`` mean something."""

    def __init__(self, used: Iterable[str], indent: int) -> None:
        self._used = set(used)
        self._indent = indent

    def write(self, body: Sequence[Statement]) -> list[str]:
        return [line for statement in body for line in self._statement(statement, self._indent)]

    def _statement(self, statement: Statement, indent: int) -> Iterator[str]:
        margin = INDENT * indent
        match statement:
            case Comment(text):
                yield f"{margin}# {text}"
            case Assign(target, value):
                yield from self._expression(f"{target} = ", value, indent)
            case Default(target, value):
                yield f"{margin}if {target} is None:"
                yield from self._expression(f"{target} = ", value, indent + 1)
            case Call(targets, function, arguments, method):
                before = f"{', '.join(targets)} = " if targets else "return "
                before += "self." if method else ""
                call = layout.Call(f"{before}{function}", tuple(map(argument, arguments)))
                yield from lines(call, indent)
            case Repeat():
                yield f"{margin}for {self._every(statement)}:"
                yield from self._statement(statement.call, indent + 1)
            case Return():
                yield from self._return(statement, indent)
            case _:
                assert_never(statement)

    def _every(self, repeat: Repeat) -> str:
        if repeat.over is None:
            return f"_ in range({repeat.times})"
        end = "" if repeat.end is None else repeat.end
        part = f"[{repeat.first or ''}:{end}]" if repeat.first or end else ""
        return f"{repeat.name} in {reference(repeat.over)}{part}"

    def _return(self, statement: Return, indent: int) -> Iterator[str]:
        if len(statement.values) == 1 and not statement.names:
            yield from self._expression("return ", statement.values[0], indent)
            return
        values = [write(value) for value in statement.values]
        if statement.names:
            pairs = tuple(f'"{n}": {v}' for n, v in zip(statement.names, values, strict=True))
            yield from lines(Display("return ", pairs, brackets=("{", "}")), indent)
        else:
            line = f"{INDENT * indent}return {', '.join(values)}"
            several = lines(Display("return ", tuple(values)), indent)
            yield from [line] if len(line) <= WIDTH else several

    def _expression(self, before: str, value: Expression, indent: int) -> Iterator[str]:
        """An expression on one line; parts of one that is too long become variables."""
        margin = INDENT * indent
        text = write(value)
        found: list[str] = []
        if len(margin) + len(before) + len(text) > WIDTH:
            names = (t for n in count(1) if (t := f"t{n}") not in self._used)

            def hoist(part: str) -> str | None:
                if len(part) <= _HOISTED:
                    return None
                name = next(names)
                found.append(f"{margin}{name} = {part}")
                return name

            text = write(value, hoist)
        yield from found
        yield f"{margin}{before}{text}"
