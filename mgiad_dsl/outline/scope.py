"""The statements of one function, from equations and from calls of other functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mgiad_dsl.graph.tree import Equation
from mgiad_dsl.outline.expressions import Operators, computation
from mgiad_dsl.outline.facts import Facts, Label
from mgiad_dsl.outline.program import (
    Argument,
    Assign,
    Call,
    Comment,
    Default,
    Repeat,
    Return,
    Statement,
    Variable,
)
from mgiad_dsl.outline.repeats import folded
from mgiad_dsl.outline.variables import Variables


class Scope:
    """Writes a function; ``variables`` say what its values are called.

    Operations are written where they are used; what is used twice, or has a name in the spec, is
    assigned. What is ``known`` is computed only if it was not given.
    """

    def __init__(
        self,
        facts: Facts,
        variables: Variables,
        operator: Operators,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.body: list[Statement] = []
        self.variables = variables
        self._facts = facts
        self._operator = operator
        self._known = known or {}
        self._number = -1  # of the event that is written

    def comment(self, text: str) -> None:
        self.body.append(Comment(text))

    def equation(self, equation: Equation, results: Collection[str] = ()) -> None:
        """Write an equation: the values it computes that have variables."""
        self._number += 1
        facts, own = self._facts, self._facts.computed([equation])
        uses = Counter(v for slot in own for v in facts.operation(slot).inputs)
        kept = {*facts.kept([equation]), *results}
        end = facts.value(equation)
        assigned = [
            value
            for value in own
            if value == end or value in kept or uses[value] > 1 or value in self._known
            if not facts.is_number(value) or value in facts.results  # else where it is used
        ]
        for value in assigned:
            self._assign(value, last=value == assigned[-1])
        if end is not None and end not in own:
            self._alias(end)

    def _assign(self, value: str, last: bool = True) -> None:
        given = self._known.get(value)
        expression = computation(self._facts, value, self.variables.find, self._operator)
        if given is not None:
            self.variables.hold(given, value)
            self.body.append(Default(given, expression))
        else:
            target = self.variables.choose(value, self._number, last=last)
            self.body.append(Assign(target, expression))

    def _alias(self, value: str) -> None:
        """Another name for a value needs no statement, unless it is a number that is an output."""
        output = value in self._facts.results and self._facts.is_number(value)
        if output and self.variables.find(value) is None:
            self._assign(value)

    def call(
        self,
        function: str,
        arguments: Sequence[Argument],
        results: Sequence[tuple[str, Label | None]],
        method: bool = False,
    ) -> None:
        """Write a call; a result is a value, with the name it moves to if it had one before."""
        self._number += 1
        moved = {
            value: self.variables.move(value, label, self._number)
            for value, label in results
            if label is not None
        }
        targets = [
            moved.get(value) or self.variables.choose(value, self._number) for value, _ in results
        ]
        self.body.append(Call(tuple(targets), function, tuple(arguments), method))

    def variable(self, value: str) -> Variable:
        name = self.variables.find(value)
        assert name is not None, value
        return Variable(name)

    def give(self, values: Sequence[str], names: Sequence[str] = ()) -> None:
        """End with these results; one that was computed just before is returned as it is."""
        results = [self.variable(value) for value in values]
        last = self.body[-1] if self.body else None
        if not names and isinstance(last, Assign) and [Variable(last.target)] == results:
            self.body[-1] = Return((last.value,))
        elif (
            not names
            and isinstance(last, Call)
            and last.targets == tuple(r.name for r in results)
            and not self._ends_in_loop()
        ):
            self.body[-1] = replace(last, targets=())
        else:
            self.body.append(Return(tuple(results), tuple(names)))

    def _ends_in_loop(self) -> bool:
        """Whether so many calls repeat at the end that a loop of all of them is shorter."""
        last = folded(self.body, lambda: "")[-1]
        return isinstance(last, Repeat) and last.times > 2

    def statements(self) -> tuple[Statement, ...]:
        """What was written, with what repeats as loops."""
        return folded(self.body, self.variables.loop)
