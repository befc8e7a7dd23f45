"""The whole program of a network."""

from __future__ import annotations

from collections.abc import Set

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network, WeightGroup
from mgiad_dsl.graph.tree import cycles
from mgiad_dsl.outline.facts import Facts
from mgiad_dsl.outline.functions import Functions
from mgiad_dsl.outline.names import Namespace, class_name, full
from mgiad_dsl.outline.operators import Levels, Operators, by_family
from mgiad_dsl.outline.plan import Plan
from mgiad_dsl.outline.program import Member, Program
from mgiad_dsl.outline.scope import Scope
from mgiad_dsl.outline.separate import separated
from mgiad_dsl.outline.steps import Steps


def outline(network: Network, written: Network | None = None, initialised: bool = True) -> Program:
    """The program of a network: the same for the same network.

    Args:
        network: what runs.
        written: the network as the spec writes it, which says what is dead. By default the same.
        initialised: whether its weights begin anew.
    """
    facts = Facts(network)
    several = len({cycle.index for cycle in cycles(network.tree)}) > 1
    steps = Steps(facts, several)
    functions = Functions(facts, steps)
    items = Plan(facts, steps).forward(network.tree)
    inputs = [(name, ()) for name in network.inputs]
    space = Namespace()
    variables = functions.variables(items, inputs, _all_full, space)
    for name, value in network.inputs.items():
        variables.hold(variables.name((name, ())), value)
    levels = Levels({}, space)
    members = {group.family: Member(group.family) for group in network.groups.values()}
    operators = Operators(network, levels.member, members)
    scope = Scope(facts, variables, operators.of)
    functions.write(items, scope, operators, levels)
    several_outputs = len(network.outputs) > 1
    scope.give(list(network.outputs.values()), list(network.outputs) if several_outputs else ())
    families = by_family(network.groups.values())
    program = Program(
        class_name(network.spec),
        tuple(functions.steps.all),
        tuple(functions.cycles),
        tuple(tuple(members) for members in families),
        _unused(families, network.live_groups(), (written or network).live_groups()),
        tuple(
            (variables.name((name, ())), network.operations[value])
            for name, value in network.inputs.items()
        ),
        tuple((name, network.operations[v].shape) for name, v in network.outputs.items()),
        scope.statements(),
        initialised,
    )
    assert all(isinstance(node.op, ops.Input) for _, node in program.inputs)
    return separated(program)


def _unused(families: list[list[WeightGroup]], runs: Set[str], written: Set[str]) -> dict[str, str]:
    """Why families of operators are not used, where they are not."""
    found: dict[str, str] = {}
    for members in families:
        names = {group.name for group in members}
        if not names & written:
            found[members[0].family] = "dead: no path to an output"
        elif not names & runs:
            found[members[0].family] = "not needed at this level of optimisation"
    return found


def _all_full(labels: list[tuple[str, tuple[int, ...] | None]]) -> dict[object, str]:
    return {label: full(label) for label in dict.fromkeys(labels)}
