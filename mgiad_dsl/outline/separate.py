"""No variable of a program is called like one of its functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mgiad_dsl.outline.names import Namespace
from mgiad_dsl.outline.program import (
    Assign,
    Call,
    Default,
    Function,
    Program,
    Repeat,
    Statement,
)


def separated(program: Program) -> Program:
    """The program with functions renamed whose names are variables somewhere, or the class."""
    used = {program.class_name, *(name for name, _ in program.inputs), *assigned(program.forward)}
    for function in program.functions:
        used.update(formal.name for formal in function.parameters)
        used.update(assigned(function.body))
    space = Namespace(used)
    names = {function.name: space.take(function.name) for function in program.functions}
    return replace(
        program,
        functions=tuple(_renamed(function, names) for function in program.functions),
        steps=tuple(names[name] for name in program.steps),
        forward=tuple(_statement(each, names) for each in program.forward),
    )


def assigned(body: tuple[Statement, ...]) -> Iterator[str]:
    """The variables that statements assign to."""
    for statement in body:
        match statement:
            case Assign(target=target) | Default(target=target):
                yield target
            case Call(targets=targets):
                yield from targets
            case Repeat(call=call, name=name):
                yield from call.targets
                if name is not None:
                    yield name
            case _:
                pass


def _renamed(function: Function, names: Mapping[str, str]) -> Function:
    body = tuple(_statement(each, names) for each in function.body)
    return replace(function, name=names[function.name], body=body)


def _statement(statement: Statement, names: Mapping[str, str]) -> Statement:
    match statement:
        case Call():
            return replace(statement, function=names[statement.function])
        case Repeat(call=call):
            return replace(statement, call=replace(call, function=names[call.function]))
        case _:
            return statement
