"""The functions of a program: steps and cycles, each written once for all its uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Cycle, Equation
from mgiad_dsl.outline.facts import Facts, Label, inside
from mgiad_dsl.outline.names import Namespace, attribute, distinct, numbered
from mgiad_dsl.outline.operators import Levels, Operators, placed
from mgiad_dsl.outline.plan import CycleUse, Item, Note, Plan, StepUse, equations_of
from mgiad_dsl.outline.program import Argument, Formal, Function, Parameter, Statement
from mgiad_dsl.outline.scope import Scope
from mgiad_dsl.outline.step_functions import StepFunctions
from mgiad_dsl.outline.steps import Steps, weighted
from mgiad_dsl.outline.variables import Variables, event


@dataclass(frozen=True)
class CycleMethod:
    """A cycle as a method, and what it takes and gives in one of its uses.

    ``indices`` are those around the cycle that it needs, ``given`` and ``results`` values,
    ``norms`` families.
    """

    name: str
    indices: tuple[str, ...]
    given: tuple[str, ...]
    norms: tuple[str, ...]
    results: list[str]


class Functions:
    """Writes steps as functions and cycles as methods, when they are first called."""

    def __init__(self, facts: Facts, steps: Steps) -> None:
        self.steps = StepFunctions(facts)
        self.cycles: list[Function] = []
        self._facts = facts
        self._network: Network = facts.network
        self._instances = steps
        self._plan = Plan(facts, steps)
        self._methods = Namespace(attribute(g.family) for g in self._network.groups.values())

    def write(
        self, items: Sequence[Item], scope: Scope, operators: Operators, levels: Levels
    ) -> None:
        """Write what a function consists of."""
        for item in items:
            match item:
                case Note(text):
                    scope.comment(text)
                case Equation():
                    scope.equation(item)
                case StepUse():
                    instance = self._instances.instance(item.pass_)
                    self.steps.call(item, instance, scope, operators)
                case CycleUse():
                    self._call_cycle(item, scope, operators, levels)

    def _call_cycle(
        self, use: CycleUse, scope: Scope, operators: Operators, levels: Levels
    ) -> None:
        method = self._write_cycle(use)
        arguments: list[Argument] = [levels.index(n, use.around[n]) for n in method.indices]
        arguments += [scope.variable(value) for value in method.given]
        arguments += [operators.norms(family, use.path) for family in method.norms]
        results = [(value, None) for value in method.results]
        scope.call(method.name, arguments, results, method=True)

    def _write_cycle(self, use: CycleUse) -> CycleMethod:
        """The method of a cycle, which is written if no other says the same."""
        facts, cycle = self._facts, use.cycle
        equations, items = inside(cycle), self._plan.cycle(use)
        start = facts.at(equations[0])
        labels = {v: next(iter(facts.labels(v, start)), None) for v in facts.given(equations)}
        given = sorted(labels, key=lambda value: facts.order(labels[value]))
        space = Namespace()
        variables = self.variables(items, list(filter(None, labels.values())), numbered, space)
        values = [Formal(self._parameter(variables, v, labels[v]), "value") for v in given]
        norms = self._norms(items, use)
        taken = {norm: space.take(norm.name) for norm in norms}
        levels = Levels(use.around, space)
        operators = Operators(
            self._network,
            levels.member,
            {norm.name: Parameter(name) for norm, name in taken.items()},
            use.path,
        )
        scope = Scope(facts, variables, operators.of)
        self.write(items, scope, operators, levels)
        results = self._ordered(facts.kept(equations), equations)
        scope.give(results)
        formals = (
            *(Formal(name, "index") for name in levels.given.values()),
            *values,
            *(Formal(name, norm.kind) for norm, name in taken.items()),
        )
        made = _cycle_function(cycle, formals, len(results), scope.statements())
        return CycleMethod(
            self._add(made),
            tuple(levels.given),
            tuple(given),
            tuple(n.name for n in norms),
            results,
        )

    def _norms(self, items: Sequence[Item], use: CycleUse) -> list[Formal]:
        """The families of norms that lie in a cycle: lists, or dicts of those of its parts."""
        groups = [self._network.groups[name] for name in dict.fromkeys(self._used(items))]
        first = {group.family: group.path[len(use.path)] for group in groups if group.path}
        return [
            Formal(family, "norms" if isinstance(first[family], int) else "parts")
            for family in placed(groups)
        ]

    def _add(self, made: Function) -> str:
        """The name of a method, which is kept if no other says the same."""
        for method in self.cycles:
            if replace(method, name=made.name, doc=made.doc) == made:
                return method.name
        made = replace(made, name=self._methods.take(made.name))
        self.cycles.append(made)
        return made.name

    def _parameter(self, variables: Variables, value: str, label: Label | None) -> str:
        if label is None:
            return variables.choose(value, -1)
        return variables.hold(variables.name(label), value)

    def _used(self, items: Sequence[Item]) -> Iterator[str]:
        """The sharing groups that items work with; a step is given those of its function."""
        facts = self._facts
        for item in items:
            values: list[str] = []
            if isinstance(item, Equation):
                values = facts.own(item)
            elif isinstance(item, StepUse):
                given = self._instances.instance(item.pass_).values
                values = [given[position] for position in weighted(facts, item.step.lead)]
            elif isinstance(item, CycleUse):
                yield from self._used(self._plan.cycle(item))
            yield from filter(None, (facts.operation(value).group for value in values))

    def _ordered(self, results: list[str], equations: list[Equation]) -> list[str]:
        named = {e.value: (e.target, e.indices) for e in equations if e.indices is not None}
        return sorted(results, key=lambda value: self._facts.order(named.get(value)))

    def variables(
        self, items: Sequence[Item], labels: Sequence[Label], namer: object, space: Namespace
    ) -> Variables:
        """The variables of a function that consists of these items."""
        assert callable(namer)
        events = [
            event(self._facts, equations_of(item), local=isinstance(item, Equation))
            for item in items
            if not isinstance(item, Note)
        ]
        names = namer([*labels, *(label for each in events for label in each.bound)])
        names = distinct(names, space)
        return Variables(self._facts, events, names, space)


def _cycle_function(
    cycle: Cycle, formals: tuple[Formal, ...], results: int, body: tuple[Statement, ...]
) -> Function:
    first, last = cycle.levels
    article = "An" if cycle.kind == "F" else "A"
    doc = f"{article} {cycle.kind} cycle over {cycle.index} = {first}..{last}."
    name = f"{cycle.kind.lower()}_cycle_{cycle.index}{last}".replace("-", "m")
    return Function(name, (doc,), formals, results, body)
