"""The functions of a program: steps and cycles, each written once for all its uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.tree import Cycle, Equation
from mgiad_dsl.outline.facts import Facts, Label, inside
from mgiad_dsl.outline.names import (
    Namespace,
    attribute,
    distinct,
    numbered,
    operator_names,
    shortened,
)
from mgiad_dsl.outline.operators import Levels, Operators, in_order, placed
from mgiad_dsl.outline.plan import CycleUse, Item, Note, Plan, StepUse, equations_of
from mgiad_dsl.outline.program import Argument, Formal, Function, Known, Parameter, Statement
from mgiad_dsl.outline.scope import Scope
from mgiad_dsl.outline.steps import (
    Instance,
    Position,
    Step,
    Steps,
    given_to,
    outside_inputs,
    weighted,
)
from mgiad_dsl.outline.variables import Variables, event


@dataclass(frozen=True)
class StepFunction:
    """A step as a function, and where its arguments and results lie in an instance.

    ``values`` are places among those the step is given; ``operators`` slots that have them,
    ``norms`` families; ``known`` parameters; ``results`` slots, or places among the moves.
    """

    name: str
    values: tuple[int, ...]
    operators: tuple[Position, ...]
    norms: tuple[str, ...]
    known: tuple[str, ...]
    results: tuple[Position | int, ...]


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
        self.steps: list[Function] = []
        self.cycles: list[Function] = []
        self._facts = facts
        self._network: Network = facts.network
        self._instances = steps
        self._plan = Plan(facts, steps)
        self._names = Namespace()
        self._methods = Namespace(attribute(g.family) for g in self._network.groups.values())
        self._step_functions: dict[int, StepFunction] = {}

    # -- calls ---------------------------------------------------------------------------------

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
                    self._call_step(item, scope, operators)
                case CycleUse():
                    self._call_cycle(item, scope, operators, levels)

    def _call_step(self, use: StepUse, scope: Scope, operators: Operators) -> None:
        function = self._step_functions.get(id(use.step)) or self._write_step(use.step)
        instance = self._instances.instance(use.pass_)
        facts = self._facts
        given = given_to(facts, use.step, instance)
        arguments: list[Argument] = [scope.variable(given[at]) for at in function.values]
        arguments += [operators.of(facts.operation(instance.values[p])) for p in function.operators]
        arguments += [
            operators.norms(family, instance.path, use.passes) for family in function.norms
        ]
        arguments += [
            Known(name, scope.variable(instance.values[p]))
            for p, name in zip(use.step.known, function.known, strict=True)
            if instance.values[p] not in instance.own
        ]
        results = [
            (instance.values[r], None)
            if isinstance(r, tuple)
            else (facts.value(instance.equations[instance.moves[r][0]]) or "", instance.moves[r][1])
            for r in function.results
        ]
        scope.call(function.name, arguments, results)

    def _call_cycle(
        self, use: CycleUse, scope: Scope, operators: Operators, levels: Levels
    ) -> None:
        method = self._write_cycle(use)
        arguments: list[Argument] = [levels.index(n, use.around[n]) for n in method.indices]
        arguments += [scope.variable(value) for value in method.given]
        arguments += [operators.norms(family, use.path) for family in method.norms]
        results = [(value, None) for value in method.results]
        scope.call(method.name, arguments, results, method=True)

    # -- steps ---------------------------------------------------------------------------------

    def _write_step(self, step: Step) -> StepFunction:
        facts, lead = self._facts, step.lead
        space = Namespace()
        given = list(outside_inputs(facts, lead))
        labels = self._labels(step, given)
        events = [event(facts, [e], local=True) for e in lead.equations]
        bound = [label for each in events for label in each.bound]
        names = distinct(shortened([*(label for label in labels if label), *bound]), space)
        variables = Variables(facts, events, names, space)
        for value, label in zip(given, labels, strict=True):
            if label is None:
                variables.choose(value, -1)
            else:
                variables.hold(names[label], value)
        order = sorted(range(len(given)), key=lambda at: (facts.order(labels[at]), at))
        formals = [Formal(variables.find(given[at]) or "", "value") for at in order]
        more, operators, places, norms = self._operators(lead, space)
        known = {lead.values[p]: space.take(variables.derived(lead.values[p])) for p in step.known}
        scope = Scope(facts, variables, operators.of, known)
        results = self._results(lead)
        ends = [
            lead.values[r]
            if isinstance(r, tuple)
            else facts.value(lead.equations[lead.moves[r][0]])
            for r in results
        ]
        for equation in lead.equations:
            scope.equation(equation, [value for value in ends if value])
        scope.give([value for value in ends if value])
        function = Function(
            self._names.take(lead.name),
            tuple(
                equation.text
                for equation in lead.equations
                if facts.own(equation) or facts.value(equation)
            ),
            (*formals, *more, *(Formal(name, "known") for name in known.values())),
            len(results),
            scope.statements(),
        )
        self.steps.append(function)
        found = StepFunction(
            function.name, tuple(order), places, norms, tuple(known.values()), results
        )
        self._step_functions[id(step)] = found
        return found

    def _labels(self, step: Step, given: list[str]) -> list[Label | None]:
        """What the values given to a step are called: alike in all instances, where that can be."""
        facts = self._facts
        found: list[Label | None] = []
        all_given = [given_to(facts, step, each) for each in step.instances]
        for at, value in enumerate(given):
            mine = facts.labels(value, facts.at(step.lead.equations[0]))
            common = [
                label
                for label in mine
                if label not in found
                and all(
                    label[0]
                    in {n for n, _ in facts.labels(values[at], facts.at(each.equations[0]))}
                    for each, values in zip(step.instances, all_given, strict=True)
                )
            ]
            rest = [label for label in mine if label not in found]
            found.append(next(iter([*common, *rest]), None))
        return found

    def _operators(
        self, lead: Instance, space: Namespace
    ) -> tuple[list[Formal], Operators, tuple[Position, ...], tuple[str, ...]]:
        """Each operator is a parameter by itself, the norms of a family are a list."""
        facts, groups = self._facts, self._network.groups
        where: dict[str, Position] = {}
        for position in weighted(facts, lead):
            where.setdefault(str(facts.operation(lead.values[position]).group), position)
        single = in_order(groups[name] for name in where if not groups[name].path)
        names = operator_names(single)
        given = {group.name: space.take(names[group.name]) for group in single}
        families = placed(groups[name] for name in where)
        norms = {family: space.take(family) for family in families}
        formals = [
            *(Formal(given[g.name], "scalar" if _is_scalar(g) else "operator") for g in single),
            *(Formal(name, "norms") for name in norms.values()),
        ]
        operators = Operators(
            self._network,
            lambda group: Parameter(given[group.name]),
            {family: Parameter(name) for family, name in norms.items()},
            lead.path,
        )
        return formals, operators, tuple(where[g.name] for g in single), tuple(families)

    def _results(self, lead: Instance) -> tuple[Position | int, ...]:
        """The results of a step: spaces as declared, then what has no name."""
        facts = self._facts
        named: dict[str, Label] = {}
        for equation in lead.equations:
            value = facts.value(equation)
            if value is not None and equation.indices is not None:
                named[value] = (equation.target, equation.indices)
        found: list[tuple[tuple[object, ...], int, Position | int]] = [
            (facts.order(named.get(lead.values[p])), number, p)
            for number, p in enumerate(lead.results)
        ]
        found += [(facts.order(label), 0, at) for at, (_, label) in enumerate(lead.moves)]
        return tuple(entry[2] for entry in sorted(found, key=lambda entry: entry[:2]))

    # -- cycles --------------------------------------------------------------------------------

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


def _is_scalar(group: WeightGroup) -> bool:
    return isinstance(group.op, ops.Scalar)
