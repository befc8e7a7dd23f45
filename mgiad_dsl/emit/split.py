"""Expressions that are too long for a line, as several assignments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import count

from typing_extensions import assert_never

from mgiad_dsl.emit.expressions import write
from mgiad_dsl.emit.layout import INDENT, WIDTH
from mgiad_dsl.outline.program import (
    Assign,
    Call,
    Comment,
    Default,
    Expression,
    Function,
    Program,
    Repeat,
    Return,
    Statement,
    Variable,
)
from mgiad_dsl.outline.separate import assigned

_LONGEST = 36  # of the parts that stay in an expression that is too long for a line


def split(program: Program) -> Program:
    """The program as it is printed: parts of long expressions are variables ``t1``, ``t2``."""
    return replace(
        program,
        steps=tuple(_function(step, 1) for step in program.steps),
        cycles=tuple(_function(cycle, 2) for cycle in program.cycles),
        forward=_body(program.forward, (name for name, _ in program.inputs), 2),
    )


def _function(made: Function, indent: int) -> Function:
    return replace(made, body=_body(made.body, (each.name for each in made.parameters), indent))


def _body(
    body: tuple[Statement, ...], parameters: Iterable[str], indent: int
) -> tuple[Statement, ...]:
    used = {*parameters, *assigned(body)}
    return tuple(each for statement in body for each in _statement(statement, used, indent))


def _statement(statement: Statement, used: Collection[str], indent: int) -> Iterator[Statement]:
    match statement:
        case Assign(target, value):
            parts, rest = _parts(f"{target} = ", value, used, indent)
            yield from parts
            yield Assign(target, rest)
        case Default(target, value):
            parts, rest = _parts(f"{target} = ", value, used, indent + 1)
            yield Default(target, rest, parts)
        case Return((value,), ()):
            parts, rest = _parts("return ", value, used, indent)
            yield from parts
            yield Return((rest,))
        case Comment() | Call() | Repeat() | Return():
            yield statement
        case _:
            assert_never(statement)


def _parts(
    before: str, value: Expression, used: Collection[str], indent: int
) -> tuple[tuple[Assign, ...], Expression]:
    """Assignments to variables that are not ``used``, and what is left of the expression."""
    if len(INDENT) * indent + len(before) + len(write(value)) <= WIDTH:
        return (), value
    names = (name for number in count(1) if (name := f"t{number}") not in used)
    found: list[Assign] = []

    def shortened(expression: Expression) -> Expression:
        if isinstance(expression, Variable):
            return expression
        return replace(expression, arguments=tuple(map(part, expression.arguments)))

    def part(expression: Expression) -> Expression:
        short = shortened(expression)
        if isinstance(short, Variable) or len(write(short)) <= _LONGEST:
            return short
        found.append(Assign(next(names), short))
        return Variable(found[-1].target)

    rest = shortened(value)
    return tuple(found), rest
