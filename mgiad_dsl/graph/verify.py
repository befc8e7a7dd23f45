"""What every later stage relies on, tested after lowering and after every rewrite."""

from __future__ import annotations

from math import prod
from typing import get_args

from typing_extensions import assert_never

from mgiad_dsl.base.source import CompilerError
from mgiad_dsl.graph import ops, shapes
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Shape
from mgiad_dsl.graph.weights import shares_weights

_WEIGHTED = get_args(ops.Weighted)


def verify(network: Network) -> None:
    """Check that a network is legal.

    Operations stand behind their inputs (so there is no circle), have the shapes that follow and
    channels that fit, and use the sharing group that lists them, whose operator fits; every
    equation has its value and its operations, every operation its equation.

    Raises:
        CompilerError: the compiler has a mistake; no spec can cause this.
    """
    seen: set[str] = set()
    for name, node in network.operations.items():
        _require(name == node.name, f"{node.name} is called {name}")
        _require(seen.issuperset(node.inputs), f"{name} comes before one of its inputs")
        given = tuple(network.operations[each].shape for each in node.inputs)
        _check_channels(node, given)
        _require(node.shape == shapes.result(node.op, given, node.shape), f"the shape of {name}")
        seen.add(name)
    _check_groups(network)
    _check_equations(network)
    for output, value in network.outputs.items():
        _require(value in seen, f"the output {output} has no value")
    for name, value in network.inputs.items():
        _require(value in seen, f"the input {name} is no operation")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CompilerError(message)


def _check_channels(node: Operation, given: tuple[Shape, ...]) -> None:
    """The inputs are as many as the operation takes, and of the channels and rank that it takes."""
    op, name = node.op, node.name
    arity = {ops.Binary: 2, ops.Input: 0, ops.Constant: 0, ops.Scalar: 0}.get(type(op), 1)
    _require(len(given) == arity, f"{name} takes {arity} inputs, not {len(given)}")
    match op:
        case ops.Conv(channels_in=channels, kernel=kernel):
            _require(len(given[0]) == len(kernel) + 1, f"{name} is given another rank")
            _require(given[0][0] == channels, f"{name} is given other channels")
            divided = channels % op.groups == 0 == op.channels_out % op.groups
            _require(divided, f"the groups of {name} do not divide its channels")
        case ops.Stencil(kernel=kernel):
            _require(len(given[0]) == len(kernel) + 1, f"{name} is given another rank")
        case ops.Linear(features_in=features):
            _require(prod(given[0]) == features, f"{name} is given other features")
        case ops.BatchNorm(channels=channels) | ops.LayerNorm(channels=channels):
            _require(given[0][:1] == (channels,), f"{name} is given other channels")
        case ops.GroupNorm(channels=channels):
            _require(given[0][:1] == (channels,), f"{name} is given other channels")
            _require(channels % op.groups == 0, f"the groups of {name} do not divide its channels")
        case ops.Binary():
            alike = given[0] == given[1] or () in given
            _require(alike, f"{name} joins {given[0]} and {given[1]}")
        case ops.Pool() | ops.Upsample():
            _require(len(given[0]) > 1, f"{name} is given no points")
        case (
            ops.Input() | ops.Zeros() | ops.Constant() | ops.Scalar()
            | ops.Activation() | ops.Negate()
        ):  # fmt: skip
            pass
        case _:
            assert_never(op)


def _check_groups(network: Network) -> None:
    """Operations and sharing groups know each other, and agree in their operator."""
    for node in network.operations.values():
        weighted = isinstance(node.op, _WEIGHTED)
        _require(weighted == (node.group is not None), f"{node.name} and weights")
        if node.group is not None:
            _require(node.group in network.groups, f"{node.name} uses no group {node.group}")
            users = network.groups[node.group].users
            _require(node.name in users, f"{node.group} does not know {node.name}")
    for name, group in network.groups.items():
        _require(name == group.name, f"{group.name} is called {name}")
        for user in group.users:
            _require(user in network.operations, f"{name} is used by {user}, which is nothing")
            node = network.operations[user]
            _require(node.group == name, f"{name} is used by {user}, which uses {node.group}")
            assert isinstance(node.op, _WEIGHTED)
            fits = shares_weights(group.op, node.op)
            _require(fits, f"{user} does not fit the operator of {name}")


def _check_equations(network: Network) -> None:
    """Equations have values, at their time; every operation but an input belongs to one."""
    order = {name: number for number, name in enumerate(network.operations)}
    placed = set(network.inputs.values())
    last = -1
    for equation in network.equations():
        slots = [name for name in equation.slots if name is not None]
        for name in (*slots, *([equation.value] if equation.value else [])):
            _require(name in order, f"{equation.label} lacks its value {name}")
        own = [order[name] for name in slots if name not in placed]
        _require(
            sorted(own) == own and (not own or own[0] > last), f"the order of {equation.label}"
        )
        last = max(own, default=last)
        placed.update(slots)
        _require(
            equation.value is None or equation.value in placed,
            f"{equation.label} comes before its value",
        )
    lost = order.keys() - placed
    _require(not lost, f"{min(lost, default='')} belongs to no equation")
