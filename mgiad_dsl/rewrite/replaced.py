"""A network with some of its values replaced by others, or gone: what every pass ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.tree import (
    Body,
    Cycle,
    Equation,
    Loop,
    Output,
    Part,
    Pass,
    Stage,
    Start,
    Visit,
)

Names = Mapping[str, "str | None"]


def replaced(
    network: Network, names: Names, changed: Mapping[str, Operation] | None = None
) -> Network:
    """A new network without the operations in ``names``, and with others in place of some.

    Args:
        network: the network.
        names: for each value that goes, the one that takes its place wherever it was used, or
            None for a value that nothing needs; its equations go too.
        changed: operations that give the value of their name in another way.
    """
    changed = changed or {}
    operations = {
        name: _on(changed.get(name, node), names)
        for name, node in network.operations.items()
        if name not in names
    }
    users: dict[str, list[str]] = {name: [] for name in network.groups}
    for name, node in operations.items():
        if node.group is not None:
            users[node.group].append(name)
    groups = {name: replace(group, users=users[name]) for name, group in network.groups.items()}
    outputs = {name: names.get(value) or value for name, value in network.outputs.items()}
    stages = (_stage(stage, names) for stage in network.tree)
    return replace(
        network,
        operations=operations,
        groups=groups,
        outputs=outputs,
        tree=tuple(stage for stage in stages if stage is not None),
    )


def _on(node: Operation, names: Names) -> Operation:
    """An operation on the values that take the place of its inputs."""
    inputs = tuple(names.get(name) or name for name in node.inputs)
    return node if inputs == node.inputs else replace(node, inputs=inputs)


def _stage(stage: Stage, names: Names) -> Stage | None:
    match stage:
        case Start():
            return replace(stage, body=_body(stage.body, names))
        case Cycle():
            return _cycle(stage, names)
        case Loop():
            return _loop(stage, names)
        case Output(equation):
            left = _equation(equation, names)
            return Output(left) if left else None


def _cycle(cycle: Cycle, names: Names) -> Cycle:
    return replace(cycle, visits=tuple(map(partial(_visit, names=names), cycle.visits)))


def _visit(visit: Visit, names: Names) -> Visit:
    return replace(visit, parts=tuple(map(partial(_part, names=names), visit.parts)))


def _part(part: Part, names: Names) -> Part:
    return replace(part, passes=_passes(part.passes, names))


def _loop(loop: Loop, names: Names) -> Loop:
    return replace(loop, passes=_passes(loop.passes, names))


def _passes(passes: tuple[Pass, ...], names: Names) -> tuple[Pass, ...]:
    return tuple(replace(each, body=_body(each.body, names)) for each in passes)


def _body(body: Body, names: Names) -> Body:
    items = (_item(item, names) for item in body)
    return tuple(item for item in items if item is not None)


def _item(item: Equation | Cycle | Loop, names: Names) -> Equation | Cycle | Loop | None:
    match item:
        case Equation():
            return _equation(item, names)
        case Cycle():
            return _cycle(item, names)
        case Loop():
            return _loop(item, names)


def _equation(equation: Equation, names: Names) -> Equation | None:
    """The equation with its values replaced; None where nothing of it is needed."""
    value = equation.value and names.get(equation.value, equation.value)
    slots = tuple(slot and names.get(slot, slot) for slot in equation.slots)
    return replace(equation, value=value, slots=slots) if value or any(slots) else None
