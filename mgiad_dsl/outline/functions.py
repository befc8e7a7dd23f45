"""The functions of a program: steps and cycles, each written once for all its uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from typing_extensions import assert_never

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Cycle, Equation
from mgiad_dsl.outline.draft import Draft
from mgiad_dsl.outline.facts import Facts, Label, inside
from mgiad_dsl.outline.names import Namespace, article, attribute, distinct, numbered, shortened
from mgiad_dsl.outline.operators import Levels, Operators, by_family, placed
from mgiad_dsl.outline.plan import CycleUse, Item, Note, Plan, StepUse, equations_of
from mgiad_dsl.outline.program import Argument, Formal, Function, Index, Parameter
from mgiad_dsl.outline.recursion import ITSELF, from_each_level, part_keys, recursion
from mgiad_dsl.outline.scope import Scope
from mgiad_dsl.outline.step_functions import StepFunctions
from mgiad_dsl.outline.steps import Steps, weighted
from mgiad_dsl.outline.variables import Hides, Variables, event


@dataclass(frozen=True)
class CycleMethod:
    """A cycle as a method, and how it was written.

    ``indices`` are those around the cycle that it needs; it is told its ``coarsest`` level too
    if it calls itself.
    """

    name: str
    indices: tuple[str, ...]
    draft: Draft
    coarsest: int | None = None


class Functions:
    """Writes steps as functions and cycles as methods, when they are first called."""

    def __init__(self, facts: Facts, steps: Steps) -> None:
        self.steps = StepFunctions(facts)
        self.cycles: list[Function] = []
        self._facts = facts
        self._network: Network = facts.network
        self._instances = steps
        self._plan = Plan(facts, steps)

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

    # -- cycles ------------------------------------------------------------------------------

    def _call_cycle(
        self, use: CycleUse, scope: Scope, operators: Operators, levels: Levels
    ) -> None:
        method = self._write_cycle(use)
        around, draft = method.draft.use.around, method.draft
        arguments: list[Argument] = [levels.index(name, around[name]) for name in method.indices]
        arguments += [] if method.coarsest is None else [Index(method.coarsest)]
        arguments += [scope.variable(value) for value in draft.given]
        arguments += [operators.norms(family, use.path) for family in draft.norms]
        scope.call(method.name, arguments, [(value, None) for value in draft.results], method=True)

    def _write_cycle(self, use: CycleUse) -> CycleMethod:
        """The method of a cycle, which is written if no other says the same."""
        before = len(self.cycles)
        method = self._write_recursion(use)
        if method is None:
            del self.cycles[before:]  # cycles inside it
            method = self._write_out(use)
        return method

    def _write_out(self, use: CycleUse) -> CycleMethod:
        """A method that says what a cycle does, one level after the other."""
        cycle, items = use.cycle, self._plan.cycle(use)
        draft = self._draft(use, items)
        self._fill(draft, items)
        draft.scope.give(draft.results)
        given = draft.levels.given
        formals = (*(Formal(name, "index") for name in given.values()), *draft.parameters)
        first, last = cycle.levels
        doc = f"{article(cycle.kind)} {cycle.kind} cycle over {cycle.index} = {first}..{last}."
        made = Function("", (doc,), formals, len(draft.results), draft.body)
        wanted = f"{_name(cycle)}{last}".replace("-", "m")
        name = self._add(wanted, lambda name: replace(made, name=name))
        return CycleMethod(name, tuple(given), draft)

    def _write_recursion(self, use: CycleUse) -> CycleMethod | None:
        """A method that calls itself for the coarser levels, if all but the coarsest are alike."""
        uses, cycle = from_each_level(use), use.cycle
        if not uses or not all(self._facts.computed(inside(each.cycle)) for each in uses):
            return None
        drafts = self._from_each_level(uses)
        families = [members[0].family for members in by_family(self._network.groups.values())]
        made = recursion(drafts, families)
        if made is None:
            return None
        name = self._add(_name(cycle), made.named)
        return CycleMethod(name, made.indices, drafts[0], coarsest=cycle.levels[1])

    def _from_each_level(self, uses: Sequence[CycleUse]) -> list[Draft]:
        """What a cycle says from each of its levels on, if it calls itself for the coarser ones."""
        use, coarser = uses[0], uses[1:]
        visits = use.cycle.visits
        back = len(visits) > 1 and visits[-1].level == visits[0].level
        before = self._plan.visit(visits[0], use.around)
        after = self._plan.visit(visits[-1], use.around) if back else []
        draft = self._draft(use, [*before, *coarser[:1], *after], alike=True)
        self._fill(draft, before)
        below = self._from_each_level(coarser) if coarser else []
        if below:
            arguments: list[Argument] = [draft.scope.variable(value) for value in below[0].given]
            arguments += [Parameter(norms.name) for norms in draft.norms.values()]
            results = [(value, None) for value in below[0].results]
            draft.scope.call(ITSELF, arguments, results, method=True)
        self._fill(draft, after)
        draft.scope.give(draft.results)
        return [draft, *below]

    def _fill(self, draft: Draft, items: Sequence[Item]) -> None:
        self.write(items, draft.scope, draft.operators, draft.levels)

    def _draft(self, use: CycleUse, items: Sequence[Item], alike: bool = False) -> Draft:
        """A cycle that consists of these items, before anything is written.

        ``alike`` is whether names are to be the same whatever its finest level is.
        """
        facts, equations = self._facts, inside(use.cycle)
        start = facts.at(equations[0])
        labels = {v: next(iter(facts.labels(v, start)), None) for v in facts.given(equations)}
        given = sorted(labels, key=lambda value: facts.order(labels[value]))
        space, namer = Namespace(), shortened if alike else numbered
        used = list(filter(None, labels.values()))
        variables = self.variables(items, used, namer, space, facts.uses(equations))
        values = {v: Formal(self._parameter(variables, v, labels[v]), "value") for v in given}
        norms = {
            family: Formal(space.take(family), "norms" if listed else "parts")
            for family, listed in self._norms(items, use).items()
        }
        levels = Levels(use.around, space)
        parts = part_keys(use, levels.names) if alike else {}
        operators = Operators(
            self._network,
            levels.member,
            {family: Parameter(formal.name) for family, formal in norms.items()},
            use.path,
            parts,
        )
        scope = Scope(facts, variables, operators.of)
        results = self._ordered(facts.kept(equations), equations)
        return Draft(use, scope, operators, levels, space, values, norms, results)

    def _norms(self, items: Sequence[Item], use: CycleUse) -> dict[str, bool]:
        """The families of norms that lie in a cycle; whether as lists, or dicts of its parts."""
        groups = [self._network.groups[name] for name in dict.fromkeys(self._used(items))]
        first = {group.family: group.path[len(use.path)] for group in groups if group.path}
        return {family: isinstance(first[family], int) for family in placed(groups)}

    def _add(self, wanted: str, make: Callable[[str], Function]) -> str:
        """The name of a method, which is kept if no other says the same."""
        for method in self.cycles:
            if replace(make(method.name), doc=method.doc) == method:
                return method.name
        families = (attribute(group.family) for group in self._network.groups.values())
        space = Namespace([*families, *(method.name for method in self.cycles)])
        self.cycles.append(make(space.take(wanted)))
        return self.cycles[-1].name

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
        self,
        items: Sequence[Item],
        labels: Sequence[Label],
        namer: object,
        space: Namespace,
        given: Mapping[str, int] | None = None,
    ) -> Variables:
        """The variables of a function that consists of these items.

        ``given`` are the values that it is given, with the time of their last use in it.
        """
        assert callable(namer)
        events = [
            event(self._facts, equations_of(item), hides=_hides(item))
            for item in items
            if not isinstance(item, Note)
        ]
        names = namer([*labels, *(label for each in events for label in each.bound)])
        names = distinct(names, space)
        return Variables(self._facts, events, names, space, given)


def _hides(item: Item) -> Hides:
    """What nobody sees of an item: the lets of a step, all but the results of a cycle."""
    match item:
        case StepUse():
            return "lets"
        case CycleUse():
            return "all but results"
        case Equation() | Note():
            return "nothing"
        case _:
            assert_never(item)


def _name(cycle: Cycle) -> str:
    return f"{cycle.kind.lower()}_cycle_{cycle.index}"
