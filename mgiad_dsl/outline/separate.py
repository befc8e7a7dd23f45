"""No variable of a program is called like one of its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from typing_extensions import assert_never

from mgiad_dsl.outline.names import Namespace
from mgiad_dsl.outline.program import (
    Assign,
    Call,
    Comment,
    Default,
    OnCoarsest,
    Program,
    Repeat,
    Return,
    Statement,
    Take,
)


def separated(program: Program) -> Program:
    """The program with steps renamed whose names are variables somewhere, or the class."""
    used = {program.class_name, *(name for name, _ in program.inputs), *assigned(program.forward)}
    for function in (*program.steps, *program.cycles):
        used.update(formal.name for formal in function.parameters)
        used.update(assigned(function.body))
    space = Namespace(used)
    names = {step.name: space.take(step.name) for step in program.steps}
    return replace(
        program,
        steps=tuple(replace(step, name=names[step.name]) for step in program.steps),
        cycles=tuple(replace(each, body=_renamed(each.body, names)) for each in program.cycles),
        forward=_renamed(program.forward, names),
    )


def assigned(body: Sequence[Statement]) -> Iterator[str]:
    """The variables that statements assign to."""
    for statement in body:
        match statement:
            case Assign(target=target) | Default(target=target):
                yield target
            case Call(targets=targets) | Take(names=targets):
                yield from targets
            case Repeat(call=call, name=name):
                yield from call.targets
                if name is not None:
                    yield name
            case OnCoarsest(body=inner):
                yield from assigned(inner)
            case Comment() | Return():
                pass
            case _:
                assert_never(statement)


def _renamed(body: tuple[Statement, ...], names: Mapping[str, str]) -> tuple[Statement, ...]:
    """Statements that call the steps by their new names."""
    return tuple(_statement(each, names) for each in body)


def _statement(statement: Statement, names: Mapping[str, str]) -> Statement:
    match statement:
        case Call(function=function, method=False):
            return replace(statement, function=names[function])
        case Repeat(call=call) if not call.method:
            return replace(statement, call=replace(call, function=names[call.function]))
        case OnCoarsest(body=body):
            return replace(statement, body=_renamed(body, names))
        case Comment() | Take() | Assign() | Default() | Call() | Repeat() | Return():
            return statement
        case _:
            assert_never(statement)
