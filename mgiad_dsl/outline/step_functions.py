"""Steps as functions, each written once for all its uses."""

from __future__ import annotations

from dataclasses import dataclass

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.outline.facts import Facts, Label
from mgiad_dsl.outline.names import Namespace, distinct, operator_names, shortened
from mgiad_dsl.outline.operators import Operators, in_order, placed
from mgiad_dsl.outline.plan import StepUse
from mgiad_dsl.outline.program import Argument, Formal, Function, Known, Parameter
from mgiad_dsl.outline.scope import Scope
from mgiad_dsl.outline.steps import Instance, Position, Step, given_to, outside_inputs, weighted
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
class Weights:
    """What a step is given to work with: parameters, how it refers to them, and where they lie."""

    formals: tuple[Formal, ...]
    operators: Operators
    slots: tuple[Position, ...]
    norms: tuple[str, ...]


class StepFunctions:
    """Writes steps as functions, when they are first called."""

    def __init__(self, facts: Facts) -> None:
        self.all: list[Function] = []
        self._facts = facts
        self._network: Network = facts.network
        self._names = Namespace()
        self._written: dict[int, StepFunction] = {}  # by the identity of a step

    def call(self, use: StepUse, instance: Instance, scope: Scope, operators: Operators) -> None:
        """Write a call of a step."""
        function = self._written.get(id(use.step)) or self._write(use.step)
        facts = self._facts
        given = given_to(facts, use.step, instance)
        arguments: list[Argument] = [scope.variable(given[at]) for at in function.values]
        arguments += [operators.of(facts.operation(instance.values[p])) for p in function.operators]
        arguments += [
            operators.norms(family, instance.path, use.passes) for family in function.norms
        ]
        arguments += [
            Known(name, scope.variable(instance.values[p]))
            for p, name in zip(sorted(use.step.known), function.known, strict=True)
            if instance.values[p] not in instance.own
        ]
        scope.call(function.name, arguments, [self._result(instance, r) for r in function.results])

    def _result(self, instance: Instance, result: Position | int) -> tuple[str, Label | None]:
        """A result of an instance, and the name it moves to if it had one before."""
        if isinstance(result, tuple):
            return instance.values[result], None
        at, label = instance.moves[result]
        value = self._facts.value(instance.equations[at])
        assert value is not None
        return value, label

    def _write(self, step: Step) -> StepFunction:
        facts, lead, space = self._facts, step.lead, Namespace()
        given = list(outside_inputs(facts, lead))
        labels = self._labels(step, given)
        variables = self._variables(lead, given, labels, space)
        order = sorted(range(len(given)), key=lambda at: (facts.order(labels[at]), at))
        weights = self._weights(lead, space)
        known = {
            lead.values[p]: space.take(variables.derived(lead.values[p]))
            for p in sorted(step.known)
        }
        results = self._results(lead)
        ends = [self._result(lead, result)[0] for result in results]
        scope = Scope(facts, variables, weights.operators.of, known)
        taken = [Formal(scope.variable(given[at]).name, "value") for at in order]
        for equation in lead.equations:
            scope.equation(equation, ends)
        scope.give(ends)
        formals = (
            *taken,
            *weights.formals,
            *(Formal(name, "known") for name in known.values()),
        )
        name, body = self._names.take(lead.name), scope.statements()
        self.all.append(Function(name, self._doc(lead), formals, len(results), body))
        self._written[id(step)] = StepFunction(
            name, tuple(order), weights.slots, weights.norms, tuple(known.values()), results
        )
        return self._written[id(step)]

    def _doc(self, lead: Instance) -> tuple[str, ...]:
        """Its equations, without those that nothing is left of."""
        facts = self._facts
        return tuple(e.text for e in lead.equations if facts.own(e) or facts.value(e))

    def _variables(
        self, lead: Instance, given: list[str], labels: list[Label | None], space: Namespace
    ) -> Variables:
        """The variables of a function, which begin with what it is given."""
        events = [event(self._facts, [equation]) for equation in lead.equations]
        bound = [label for each in events for label in each.bound]
        names = distinct(shortened([*(label for label in labels if label), *bound]), space)
        variables = Variables(self._facts, events, names, space)
        for value, label in zip(given, labels, strict=True):
            if label is None:
                variables.choose(value, -1)
            else:
                variables.hold(names[label], value)
        return variables

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

    def _weights(self, lead: Instance, space: Namespace) -> Weights:
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
        operators = Operators(
            self._network,
            lambda group: Parameter(given[group.name]),
            {family: Parameter(name) for family, name in norms.items()},
            lead.path,
        )
        formals = (
            *(Formal(given[g.name], "scalar" if _is_scalar(g) else "operator") for g in single),
            *(Formal(name, "norms") for name in norms.values()),
        )
        return Weights(formals, operators, tuple(where[g.name] for g in single), tuple(families))

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


def _is_scalar(group: WeightGroup) -> bool:
    return isinstance(group.op, ops.Scalar)
