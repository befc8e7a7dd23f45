"""The functions of a program: steps and cycles, each written once for all its uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.tree import Equation
from mgiad_dsl.outline.facts import Facts, Label, inside
from mgiad_dsl.outline.names import Namespace, distinct, numbered, operator_names, shortened
from mgiad_dsl.outline.operators import Operators, by_family, in_order, kind_of, listed
from mgiad_dsl.outline.plan import CycleUse, Item, Note, Plan, StepUse, equations_of
from mgiad_dsl.outline.program import Argument, Formal, Function, Known, Parameter, Reference
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


class Functions:
    """Writes functions as they are first called."""

    def __init__(self, facts: Facts, steps: Steps) -> None:
        self.all: list[Function] = []
        self.steps: list[str] = []
        self._facts = facts
        self._network: Network = facts.network
        self._instances = steps
        self._plan = Plan(facts, steps)
        self._names = Namespace()
        self._step_functions: dict[int, StepFunction] = {}

    # -- calls ---------------------------------------------------------------------------------

    def write(self, items: Sequence[Item], scope: Scope, operators: Operators) -> None:
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
                    self._call_cycle(item, scope, operators)

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

    def _call_cycle(self, use: CycleUse, scope: Scope, operators: Operators) -> None:
        equations = inside(use.cycle)
        function, given, families, results = self._write_cycle(use, equations)
        arguments: list[Argument] = [scope.variable(value) for value in given]
        for members in families:
            if members[0].path:
                arguments.append(operators.norms(members[0].family, use.path))
            else:
                arguments.append(operators.list(members))
        scope.call(function, arguments, [(value, None) for value in results])

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
        self.all.append(function)
        self.steps.append(function.name)
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
        parameters = {group.name: space.take(names[group.name]) for group in single}
        formals = [Formal(parameters[group.name], kind_of([group])) for group in single]
        families = [
            each[0].family for each in by_family(groups[n] for n in where if groups[n].path)
        ]
        lists: dict[str, Reference] = {}
        for family in families:
            lists[family] = Parameter(space.take(family))
            formals.append(Formal(space_name(lists[family]), "norms"))
        references: dict[str, Reference] = {name: Parameter(p) for name, p in parameters.items()}
        operators = Operators(self._network, references, lists, lead.path)
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

    def _write_cycle(
        self, use: CycleUse, equations: list[Equation]
    ) -> tuple[str, list[str], list[list[WeightGroup]], list[str]]:
        """The name of a cycle's function, the values and operators it takes, and its results."""
        facts, cycle = self._facts, use.cycle
        items = self._plan.cycle(cycle)
        given, results = facts.given(equations), facts.kept(equations)
        start = facts.at(equations[0])
        labels = {v: next(iter(facts.labels(v, start)), None) for v in given}
        given = sorted(given, key=lambda value: facts.order(labels[value]))
        space = Namespace()
        variables = self.variables(items, list(filter(None, labels.values())), numbered, space)
        formals = [Formal(self._parameter(variables, v, labels[v]), "value") for v in given]
        groups = [self._network.groups[name] for name in dict.fromkeys(self._used(items))]
        more, operators, families = listed(self._network, groups, use.path, space)
        scope = Scope(facts, variables, operators.of)
        self.write(items, scope, operators)
        results = self._ordered(results, equations)
        scope.give(results)
        first, last = cycle.levels
        article = "An" if cycle.kind == "F" else "A"
        doc = f"{article} {cycle.kind} cycle over {cycle.index} = {first}..{last}."
        made = Function(
            f"{cycle.kind.lower()}_cycle_{cycle.index}{last}".replace("-", "m"),
            (doc,),
            (*formals, *more),
            len(results),
            scope.statements(),
        )
        return self._add(made), given, families, results

    def _add(self, made: Function) -> str:
        """The name of a function, which is kept if no other says the same."""
        for function in self.all:
            if replace(function, name=made.name, doc=made.doc) == made:
                return function.name
        made = replace(made, name=self._names.take(made.name))
        self.all.append(made)
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
                yield from self._used(self._plan.cycle(item.cycle))
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


def space_name(reference: Reference) -> str:
    assert isinstance(reference, Parameter)
    return reference.name
