"""Equal calls one after the other become a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from mgiad_dsl.outline.program import Call, Element, Parameter, Repeat, Statement

Fresh = Callable[[], str]  # a variable of a loop


def folded(body: Sequence[Statement], fresh: Fresh) -> tuple[Statement, ...]:
    """Statements in which calls that repeat, each with the next norms of a list, are loops."""
    found: list[Statement] = []
    name: str | None = None
    for _, run in groupby(enumerate(body), _alike):
        calls = [statement for _, statement in run]
        first = calls[0]
        if len(calls) < 2 or not isinstance(first, Call):
            found += calls
            continue
        step = _step(first)
        if step is None:
            found.append(Repeat(first, len(calls)))
            continue
        name = name or fresh()
        found.append(_loop(first, len(calls), name, *step))
    return tuple(found)


def _alike(entry: tuple[int, Statement]) -> object:
    """What calls agree in that follow each other in a loop."""
    number, statement = entry
    if not isinstance(statement, Call) or not statement.targets:
        return number
    step = _step(statement)
    if step is None:
        return statement
    at, element = step
    rest = (*statement.arguments[:at], element.of, *statement.arguments[at + 1 :])
    return replace(statement, arguments=rest), number - _pass(element)


def _step(call: Call) -> tuple[int, Element] | None:
    """The argument that is one of a list of norms, for one pass each."""
    for at, argument in enumerate(call.arguments):
        if isinstance(argument, Element) and isinstance(argument.key, int) and argument.passes:
            return at, argument
    return None


def _pass(element: Element) -> int:
    """The pass that the norms are those of."""
    assert isinstance(element.key, int)
    return element.key


def _loop(first: Call, times: int, name: str, at: int, element: Element) -> Repeat:
    """The calls from ``first`` on, with the next of a list of norms as argument ``at``."""
    arguments = (*first.arguments[:at], Parameter(name), *first.arguments[at + 1 :])
    start = _pass(element)
    end = None if start + times == element.passes else start + times
    return Repeat(replace(first, arguments=arguments), times, name, element.of, start, end)
