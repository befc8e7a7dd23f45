"""Steps that become functions: passes that do the same with other values and operators.

Passes of one step may differ in what is known before: a value that one of them computes, another is
given, since a rewrite found that it was computed before. They are one function all the same,
with a parameter that may be left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Operation
from mgiad_dsl.graph.tree import Body, Cycle, Equation, Loop, Output, Part, Pass, Stage, Start
from mgiad_dsl.outline.facts import Facts, Label, label

Position: TypeAlias = "tuple[int, int]"  # of an equation, and of a slot in it


@dataclass(frozen=True, eq=False)
class Instance:
    """A pass without cycles, with all that a function for it depends on."""

    name: str
    path: tuple[str | int, ...]
    equations: tuple[Equation, ...]
    values: dict[Position, str]  # of all slots that are needed
    own: dict[str, Position]  # those it computes
    results: tuple[Position, ...]  # those of them that are needed behind it
    moves: tuple[tuple[int, Label], ...]  # equations that only give a value another name


@dataclass(eq=False)
class Step:
    """Instances that are one function; the first one computes all that any of them does.

    What is ``known`` to some of them is given to them; what is ``idle`` in some of them would
    only serve to compute what they know.
    """

    instances: list[Instance]
    known: set[Position] = field(default_factory=set)
    idle: set[Position] = field(default_factory=set)

    @property
    def lead(self) -> Instance:
        return self.instances[0]


class Steps:
    """All passes of a network that could be functions."""

    def __init__(self, facts: Facts, several_indices: bool) -> None:
        self._facts = facts
        self._several = several_indices
        self._step: dict[int, Step] = {}  # by the identity of a pass
        self._instance: dict[int, Instance] = {}
        self._named: set[int] = set()
        alike: dict[Hashable, list[Instance]] = {}
        for index, part, pass_ in _leaves(facts.network.tree):
            instance = self._examine(index, part, pass_)
            if instance.own and not self._takes_numbers(instance):
                self._instance[id(pass_)] = instance
                alike.setdefault(self._signature(instance), []).append(instance)
                if isinstance(part, Part) and part.step is not None:
                    self._named.add(id(pass_))
        steps = [step for group in alike.values() for step in _merged(facts, group)]
        self._variants = Counter(step.lead.name for step in steps)
        of = {id(instance): step for step in steps for instance in step.instances}
        self._step = {key: of[id(instance)] for key, instance in self._instance.items()}

    def wanted(self, pass_: Pass) -> Step | None:
        """The function that a pass becomes: a named step, or what runs more than once.

        Of a step that begins otherwise on one level than on all others, that one is written out.
        """
        step = self._step.get(id(pass_))
        if step is None or len(step.instances) > 1:
            return step
        named = id(pass_) in self._named and self._variants[step.lead.name] == 1
        return step if named else None

    def instance(self, pass_: Pass) -> Instance:
        return self._instance[id(pass_)]

    def _takes_numbers(self, instance: Instance) -> bool:
        """Whether it works on a number of an outer `let`, which is no parameter of a function."""
        facts, inside = self._facts, set(instance.values.values())
        used = {each for value in instance.own for each in facts.operation(value).inputs}
        return any(facts.is_number(each) for each in used - inside)

    def _examine(self, index: str, of: Part | Loop, pass_: Pass) -> Instance:
        facts = self._facts
        equations = tuple(e for e in pass_.body if isinstance(e, Equation))
        values = {
            (at, number): slot
            for at, equation in enumerate(equations)
            for number, slot in enumerate(equation.slots)
            if slot is not None and slot in facts.live
        }
        computed = set(facts.computed(equations))
        own = {v: p for p, v in reversed(values.items()) if v in computed}
        kept = [own[v] for v in facts.kept(equations)] if equations else []
        name = self._name(index, of)
        moves = tuple(self._moves(equations, own))
        return Instance(name, pass_.path, equations, values, own, tuple(sorted(kept)), moves)

    def _name(self, index: str, of: Part | Loop) -> str:
        if isinstance(of, Loop):
            return f"repeat_{of.index}"
        word = {"pre": "smooth", "post": "smooth"}.get(of.role, of.role)
        return of.step or (f"{word}_{index}" if self._several else word)

    def _moves(
        self, equations: tuple[Equation, ...], own: dict[str, Position]
    ) -> Iterator[tuple[int, Label]]:
        """``old = u; u = ...``: a value given to it that is still needed, and loses its name."""
        facts, given = self._facts, set(self._facts.given(equations))
        final = {label(e): facts.value(e) for e in equations if e.indices is not None}
        for at, equation in enumerate(equations):
            value, target = facts.value(equation), label(equation)
            if value not in given or final.get(target) != value:
                continue
            before = facts.labels(value, facts.at(equations[0]))
            lost = any(final.get(name, value) != value for name in before)
            needed = facts.last_use.get(value, -1) > facts.at(equations[-1])
            if lost and needed and target not in before:
                yield at, target

    def _signature(self, instance: Instance) -> Hashable:
        """What passes agree in that may share a function, whatever is known before them."""
        equations = tuple(
            (e.span.start, e.text, len(e.slots), e.indices is None) for e in instance.equations
        )
        at = {value: position for position, value in reversed(instance.values.items())}
        ends = tuple(
            self._facts.value(e) is not None and at.get(e.value or "") for e in instance.equations
        )
        looks = tuple(
            (position, self._looks(self._facts.operation(value)))
            for position, value in instance.values.items()
        )
        moves = tuple(number for number, _ in instance.moves)
        return instance.name, equations, ends, looks, instance.results, moves

    def _looks(self, node: Operation) -> Hashable:
        """What of an operation stands in the text, besides its weights and inputs."""
        given = tuple(self._facts.operation(name).shape for name in node.inputs)
        match node.op:
            case ops.Conv():
                assert node.group is not None
                return ops.Conv, self._facts.network.groups[node.group].op == node.op or node.shape
            case ops.Stencil():
                return ops.Stencil, node.op.output_padding
            case ops.Zeros():
                return ops.Zeros, given[0] == node.shape or node.shape
            case ops.Linear():
                return ops.Linear, len(given[0])
            case ops.Upsample():
                return node.op, given[0]
            case (
                ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU() | ops.Dropout()
                | ops.DropPath() | ops.Scalar()
            ):  # fmt: skip
                return type(node.op).__name__
            case (
                ops.Input() | ops.Constant() | ops.Activation() | ops.Pool() | ops.Binary()
                | ops.Negate() | ops.Join()
            ):  # fmt: skip
                return node.op
            case _:
                assert_never(node.op)


def _leaves(stages: Iterable[Stage | Equation]) -> Iterator[tuple[str, Part | Loop, Pass]]:
    """All passes without cycles and loops, with the index of the levels that they run on."""
    for stage in stages:
        match stage:
            case Start(body=body):
                yield from _leaves(body)
            case Loop(index):
                yield from _leaves_of(index, stage)
            case Cycle(visits=visits):
                for visit in visits:
                    for part in visit.parts:
                        yield from _leaves_of(visit.index, part)
            case Equation() | Output():
                pass


def _leaves_of(index: str, of: Part | Loop) -> Iterator[tuple[str, Part | Loop, Pass]]:
    for pass_ in of.passes:
        yield from _leaves(pass_.body)
        if not has_cycle(pass_.body):
            yield index, of, pass_


def has_cycle(body: Body) -> bool:
    """Whether there is more in a body than equations."""
    return any(isinstance(item, (Cycle, Loop)) for item in body)


def _merged(facts: Facts, instances: list[Instance]) -> Iterator[Step]:
    """Instances as few functions; each function has one instance that computes all of it."""
    steps: list[Step] = []
    most = sorted(
        instances, key=lambda each: (len(each.own), len(outside_inputs(facts, each))), reverse=True
    )
    for instance in most:
        step = next((step for step in steps if _joins(facts, step, instance)), None)
        if step is None:
            steps.append(Step([instance]))
    yield from steps


def _joins(facts: Facts, step: Step, instance: Instance) -> bool:
    """Make an instance a call of the function of others if that can be.

    What it knows may not be idle in them, or the other way round: a function computes all that
    it is not given.
    """
    lead, computed = step.lead, set(instance.own.values())
    if not computed <= set(lead.own.values()):
        return False
    outside = set(facts.given(instance.equations))
    known = {p for p in lead.own.values() if instance.values[p] in outside}
    idle = set(lead.own.values()) - computed - known
    if known & step.idle or idle & step.known or not _fits(facts, lead, instance, idle):
        return False
    step.instances.append(instance)
    step.known |= known
    step.idle |= idle
    return True


def _fits(facts: Facts, lead: Instance, instance: Instance, idle: set[Position]) -> bool:
    """Whether an instance can be a call of the function of another, which computes more.

    What is idle in it may only serve to compute what it knows, once; and it must have a value
    for every parameter.
    """
    computed = set(instance.own.values())
    ends = {facts.value(equation) for equation in lead.equations}
    uses = Counter(v for value in lead.own for v in facts.operation(value).inputs)
    for value, position in lead.own.items():
        for each in facts.operation(value).inputs:
            if lead.own.get(each) in idle and position in computed:
                return False
        if position in idle and (uses[value] != 1 or value in ends):
            return False
    return (
        _given_alike(facts, lead, instance)
        and _wired_alike(facts, lead, instance)
        and _weighted_alike(facts, lead, instance)
    )


def _given_alike(facts: Facts, lead: Instance, instance: Instance) -> bool:
    """Whether there is one value for every value that the lead is given."""
    computed = set(instance.own.values())
    return all(
        len({_input(facts, instance, p, k) for p, k in places if p in computed}) == 1
        for places in outside_inputs(facts, lead).values()
    )


def _wired_alike(facts: Facts, lead: Instance, instance: Instance) -> bool:
    """Whether operations work on one another in both, and on what is given in both.

    ``u[1]`` may be what a step has just set on the first level, and is given to it on the next.
    """
    computed = set(instance.own.values())
    at = {value: position for position, value in reversed(lead.values.items())}
    for value, position in lead.own.items():
        if position not in computed:
            continue
        for number, each in enumerate(facts.operation(value).inputs):
            other = _input(facts, instance, position, number)
            inside = lead.own.get(each) if each in lead.own else at.get(each)
            if inside is not None and instance.values[inside] != other:
                return False
            if inside is None and other in instance.own:
                return False
    return True


def _weighted_alike(facts: Facts, lead: Instance, instance: Instance) -> bool:
    """Whether there is one operator for every operator of the lead, and norms stand alike."""
    groups: dict[str, str] = {}
    for position, value in lead.values.items():
        mine = facts.operation(value).group
        other = facts.operation(instance.values[position]).group
        if mine is not None and other is not None:
            one, two = facts.network.groups[mine], facts.network.groups[other]
            if one.path[len(lead.path) :] != two.path[len(instance.path) :]:
                return False
            if groups.setdefault(mine, other) != other:
                return False
    return True


def _input(facts: Facts, instance: Instance, position: Position, number: int) -> str:
    return facts.operation(instance.values[position]).inputs[number]


def given_to(facts: Facts, step: Step, instance: Instance) -> list[str]:
    """The values of an instance for the parameters of its function, in the order of the lead's."""
    computed = set(instance.own.values())
    return [
        next(_input(facts, instance, p, k) for p, k in places if p in computed)
        for places in outside_inputs(facts, step.lead).values()
    ]


def weighted(facts: Facts, lead: Instance) -> Iterator[Position]:
    """Where a function works with weights."""
    for position, value in lead.values.items():
        node = facts.operation(value)
        if node.group is not None and (value in lead.own or facts.is_number(value)):
            yield position


def outside_inputs(facts: Facts, lead: Instance) -> dict[str, list[tuple[Position, int]]]:
    """Where a function works on each value that is given to it: slots, and the input of theirs."""
    found: dict[str, list[tuple[Position, int]]] = {}
    for value, position in lead.own.items():
        for number, each in enumerate(facts.operation(value).inputs):
            if each not in lead.own and not facts.is_number(each):
                found.setdefault(each, []).append((position, number))
    return found
