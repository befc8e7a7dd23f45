"""Families of operators by names of their own, where calls are too long for a line without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mgiad_dsl.emit.split import split_body
from mgiad_dsl.emit.statements import statements
from mgiad_dsl.outline.names import safe
from mgiad_dsl.outline.program import (
    Call,
    Element,
    Function,
    Member,
    OnCoarsest,
    Program,
    Reference,
    Repeat,
    Statement,
    Take,
)
from mgiad_dsl.outline.references import references, renamed
from mgiad_dsl.outline.separate import assigned


def short(program: Program) -> Program:
    """The program with ``A, R = self.A, self.R`` at the top of methods that it makes shorter."""
    families = [Member(members[0].family) for members in program.families]
    inputs = [name for name, _ in program.inputs]
    return replace(
        program,
        cycles=tuple(_method(each, families) for each in program.cycles),
        forward=_body(program.forward, inputs, families),
    )


def _method(made: Function, families: Sequence[Member]) -> Function:
    parameters = [each.name for each in made.parameters]
    return replace(made, body=_body(made.body, parameters, families))


def _body(
    body: tuple[Statement, ...], parameters: Sequence[str], families: Sequence[Member]
) -> tuple[Statement, ...]:
    """Statements of a method, or those that say the same on fewer lines."""
    if any(isinstance(each, Take) for each in body):
        return body  # it has names for what it uses most
    used = {*parameters, *assigned(body), *_called(body)}
    on_levels = {
        each.of
        for each in references(body)
        if isinstance(each, Element) and isinstance(each.key, tuple)
    }
    names: dict[Reference, str] = {
        each: each.family
        for each in families
        if each in on_levels and each.family not in used and safe(each.family) == each.family
    }
    if not names:
        return body
    shorter = (Take(tuple(names.values()), tuple(names)), *renamed(body, names))
    return min(body, shorter, key=lambda each: len(statements(split_body(each, parameters, 2), 2)))


def _called(body: Sequence[Statement]) -> Iterator[str]:
    """The steps that statements call."""
    for each in body:
        if isinstance(each, Repeat):
            yield each.call.function
        elif isinstance(each, Call):
            yield each.function
        elif isinstance(each, OnCoarsest):
            yield from _called(each.body)
