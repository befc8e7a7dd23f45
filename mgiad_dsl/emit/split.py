"""Expressions that are too long for a line, as several assignments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
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
    OnCoarsest,
    Program,
    Repeat,
    Return,
    Statement,
    Take,
    Variable,
)
from mgiad_dsl.outline.separate import assigned

_LONGEST = range(36, 76, 4)  # parts that stay in an expression that is too long for a line


def split(program: Program) -> Program:
    """The program as it is printed: parts of long expressions are variables ``t1``, ``t2``."""
    called = [step.name for step in program.steps]
    inputs = [name for name, _ in program.inputs]
    return replace(
        program,
        steps=tuple(_function(step, called, 1) for step in program.steps),
        cycles=tuple(_function(cycle, called, 2) for cycle in program.cycles),
        forward=split_body(program.forward, [*inputs, *called], 2),
    )


def _function(made: Function, called: Sequence[str], indent: int) -> Function:
    taken = [*(each.name for each in made.parameters), *called]
    return replace(made, body=split_body(made.body, taken, indent))


def split_body(
    body: Sequence[Statement], taken: Iterable[str], indent: int
) -> tuple[Statement, ...]:
    """The statements of a function as they are printed; no variable has a ``taken`` name."""
    used = {*taken, *assigned(body)}
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
        case OnCoarsest(body=body):
            inner = (each for one in body for each in _statement(one, used, indent + 1))
            yield replace(statement, body=tuple(inner))
        case Comment() | Take() | Call() | Repeat() | Return():
            yield statement
        case _:
            assert_never(statement)


def _parts(
    before: str, value: Expression, used: Collection[str], indent: int
) -> tuple[tuple[Assign, ...], Expression]:
    """Assignments to variables that are not ``used``, and what is left of the expression.

    As few as can be, on lines as short as can be.
    """
    if len(INDENT) * indent + len(before) + len(write(value)) <= WIDTH:
        return (), value

    def cost(found: tuple[tuple[Assign, ...], Expression]) -> tuple[bool, int, int]:
        parts, rest = found
        lines = [f"{each.target} = {write(each.value)}" for each in parts]
        widest = len(INDENT) * indent + max(map(len, (before + write(rest), *lines)))
        return widest > WIDTH, len(parts), widest

    return min((_cut(value, longest, used) for longest in _LONGEST), key=cost)


def _cut(
    value: Expression, longest: int, used: Collection[str]
) -> tuple[tuple[Assign, ...], Expression]:
    """Parts of an expression that are no longer than so many columns."""
    names = (name for number in count(1) if (name := f"t{number}") not in used)
    found: list[Assign] = []

    def shortened(expression: Expression) -> Expression:
        if isinstance(expression, Variable):
            return expression
        return replace(expression, arguments=tuple(map(part, expression.arguments)))

    def part(expression: Expression) -> Expression:
        short = shortened(expression)
        if isinstance(short, Variable) or len(write(short)) <= longest:
            return short
        found.append(Assign(next(names), short))
        return Variable(found[-1].target)

    rest = shortened(value)
    return tuple(found), rest
