"""The operators that statements refer to, and other names for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from typing_extensions import assert_never

from mgiad_dsl.outline.program import (
    Argument,
    Assign,
    Call,
    Comment,
    Default,
    Element,
    Expression,
    Index,
    Known,
    Member,
    OnCoarsest,
    Parameter,
    Reference,
    Repeat,
    Return,
    Statement,
    Take,
    Variable,
)


def references(body: Sequence[Statement]) -> Iterator[Reference]:
    """What statements refer to, as often as they say it; what it lies in comes after it."""
    for statement in body:
        match statement:
            case Assign(value=value):
                yield from _of_expression(value)
            case Default(value=value, parts=parts):
                yield from references(parts)
                yield from _of_expression(value)
            case Call(arguments=arguments):
                yield from _of_arguments(arguments)
            case Repeat(call=call, over=over):
                yield from () if over is None else _of(over)
                yield from _of_arguments(call.arguments)
            case Take(operators=operators):
                yield from _of_arguments(operators)
            case OnCoarsest(body=inner):
                yield from references(inner)
            case Return(values=values):
                for value in values:
                    yield from _of_expression(value)
            case Comment():
                pass
            case _:
                assert_never(statement)


def _of_arguments(arguments: Sequence[Argument]) -> Iterator[Reference]:
    for argument in arguments:
        if not isinstance(argument, (Index, Variable, Known)):
            yield from _of(argument)


def _of_expression(expression: Expression) -> Iterator[Reference]:
    if not isinstance(expression, Variable):
        yield from () if expression.operator is None else _of(expression.operator)
        for argument in expression.arguments:
            yield from _of_expression(argument)


def _of(reference: Reference) -> Iterator[Reference]:
    yield reference
    if isinstance(reference, Element):
        yield from _of(reference.of)


Names = Mapping[Reference, str]


def renamed(body: Sequence[Statement], names: Names) -> tuple[Statement, ...]:
    """Statements that refer to operators by names of their own."""
    return tuple(_renamed(statement, names) for statement in body)


def _renamed(statement: Statement, names: Names) -> Statement:
    match statement:
        case Assign(value=value):
            return replace(statement, value=_expression(value, names))
        case Default(value=value, parts=parts):
            inner = tuple(replace(each, value=_expression(each.value, names)) for each in parts)
            return replace(statement, value=_expression(value, names), parts=inner)
        case Call():
            return _call(statement, names)
        case Repeat(call=call, over=over):
            over = None if over is None else _reference(over, names)
            return replace(statement, call=_call(call, names), over=over)
        case Take(operators=operators):
            return replace(statement, operators=tuple(_reference(o, names) for o in operators))
        case OnCoarsest(body=body):
            return replace(statement, body=renamed(body, names))
        case Return(values=values):
            return replace(statement, values=tuple(_expression(each, names) for each in values))
        case Comment():
            return statement
        case _:
            assert_never(statement)


def _call(call: Call, names: Names) -> Call:
    arguments = tuple(
        each if isinstance(each, (Index, Variable, Known)) else _reference(each, names)
        for each in call.arguments
    )
    return replace(call, arguments=arguments)


def _expression(expression: Expression, names: Names) -> Expression:
    if isinstance(expression, Variable):
        return expression
    operator = expression.operator
    return replace(
        expression,
        arguments=tuple(_expression(each, names) for each in expression.arguments),
        operator=None if operator is None else _reference(operator, names),
    )


def _reference(reference: Reference, names: Names) -> Reference:
    if reference in names:
        return Parameter(names[reference])
    match reference:
        case Element(of=of):
            return replace(reference, of=_reference(of, names))
        case Member() | Parameter():
            return reference
        case _:
            assert_never(reference)
