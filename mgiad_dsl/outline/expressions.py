"""Values as expressions: an operation on variables and on other expressions."""

from __future__ import annotations

from collections.abc import Callable

from mgiad_dsl.graph.network import Operation
from mgiad_dsl.outline.facts import Facts
from mgiad_dsl.outline.program import Apply, Expression, Reference, Variable

Find = Callable[[str], "str | None"]
Operators = Callable[[Operation], Reference]


def expression(facts: Facts, value: str, variable: Find, operator: Operators) -> Expression:
    """A value: the variable that holds it, or the operation that gives it."""
    name = variable(value)
    return Variable(name) if name else computation(facts, value, variable, operator)


def computation(facts: Facts, value: str, variable: Find, operator: Operators) -> Apply:
    """The operation that gives a value, whether a variable holds it or not."""
    node = facts.operation(value)
    built = None if node.group is None else facts.network.groups[node.group].op
    return Apply(
        node.op,
        tuple(expression(facts, each, variable, operator) for each in node.inputs),
        None if node.group is None else operator(node),
        built,
        tuple(facts.operation(each).shape for each in node.inputs),
        node.shape,
    )
