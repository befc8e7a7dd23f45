"""What every later stage relies on, tested after lowering and after every rewrite."""

from __future__ import annotations

from typing import get_args

from mgiad_dsl.base.source import CompilerError
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.misfit import misfit
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Shape
from mgiad_dsl.graph.tree import Output
from mgiad_dsl.graph.weights import shares_weights

_WEIGHTED = get_args(ops.Weighted)


def verify(network: Network) -> None:
    """Check that a network is legal.

    Operations stand behind their inputs (so there is no circle), and have the shapes that follow
    and channels that fit; they use the sharing group that lists them, whose operator fits. Every
    equation has its value and its operations, every operation its equation; the values of a space
    are of one shape, and in that space. Inputs and outputs have their values.

    Raises:
        CompilerError: the compiler has a mistake; no spec can cause this.
    """
    _check_operations(network)
    _check_groups(network)
    _check_inputs(network)
    _check_order(network)
    _check_spaces(network)
    _check_outputs(network)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise CompilerError(message)


def _operation(network: Network, name: str, asked: str) -> Operation:
    """The operation of a name that something asks for."""
    if name not in network.operations:
        raise CompilerError(f"{asked} {name}, which is no operation")
    return network.operations[name]


def _check_operations(network: Network) -> None:
    """Operations stand behind their inputs, and fit them."""
    shapes: dict[str, Shape] = {}
    for name, node in network.operations.items():
        _require(name == node.name, f"{node.name} is called {name}")
        for each in node.inputs:
            _operation(network, each, f"{name} works on")
            _require(each in shapes, f"{name} comes before its input {each}")
        wrong = misfit(node.op, tuple(shapes[each] for each in node.inputs), node.shape)
        _require(wrong is None, f"{name} {wrong}")
        shapes[name] = node.shape


def _check_groups(network: Network) -> None:
    """Operations and sharing groups know each other, and agree; every index has its name."""
    used: set[str] = set()
    for name, group in network.groups.items():
        _require(name == group.name, f"{group.name} is called {name}")
        named = bool(group.path) or len(group.names) == len(group.indices)
        _require(named, f"{name} has indices {group.indices}, called {group.names}")
        for user in group.users:
            node = _operation(network, user, f"{name} is used by")
            _require(node.group == name, f"{name} is used by {user}, which uses {node.group}")
            _require(user not in used, f"{name} is used by {user} twice")
            used.add(user)
    for name, node in network.operations.items():
        if not isinstance(node.op, _WEIGHTED):
            _require(node.group is None, f"{name} uses {node.group}, but has no weights")
            continue
        _require(node.group in network.groups, f"{name} uses {node.group}, which is no group")
        assert node.group is not None
        _require(name in used, f"{node.group} does not know its user {name}")
        fits = shares_weights(network.groups[node.group].op, node.op)
        _require(fits, f"{name} does not fit the operator of {node.group}")


def _check_inputs(network: Network) -> None:
    """The inputs are the operations that say so, each once."""
    for name, value in network.inputs.items():
        node = _operation(network, value, f"the input {name} is")
        is_it = isinstance(node.op, ops.Input) and node.op.name == name
        _require(is_it, f"the input {name} is {value}, which is no input")
    named = set(network.inputs.values())
    for value, node in network.operations.items():
        if isinstance(node.op, ops.Input):
            _require(value in named, f"{value} is no input of the network")


def _check_order(network: Network) -> None:
    """Equations have values, at their time; every operation but an input belongs to one."""
    order = {name: number for number, name in enumerate(network.operations)}
    placed = set(network.inputs.values())
    ran: set[int] = set()
    last = -1
    for equation in network.equations():
        label = equation.label
        _require(id(equation) not in ran, f"{label} is in the tree twice")
        ran.add(id(equation))
        for name in filter(None, (*equation.slots, equation.value)):
            _operation(network, name, f"{label} has the value")
        new = dict.fromkeys(s for s in equation.slots if s is not None and s not in placed)
        for name in new:
            _require(order[name] > last, f"{label} runs {name} out of order")
            last = order[name]
        placed.update(new)
        behind = equation.value is None or equation.value in placed
        _require(behind, f"{label} comes before its value {equation.value}")
    for name in network.operations:
        _require(name in placed, f"{name} belongs to no equation")


def _check_spaces(network: Network) -> None:
    """The values of a space are of one shape, and in that space, or an input's."""
    shapes: dict[str, Shape] = {}
    identities: dict[str, str] = {}
    for equation in network.equations():
        if equation.value is None or equation.indices is None:
            continue
        node, label = network.operations[equation.value], equation.label
        shape = shapes.setdefault(label, node.shape)
        _require(node.shape == shape, f"{label} is {shape}, and has a value of {node.shape}")
        given = node.place
        if given.identity not in network.inputs:
            identity = identities.setdefault(equation.target, given.identity)
            own = (given.identity, given.indices) == (identity, equation.indices)
            _require(own, f"{label} has a value of {given.label}")


def _check_outputs(network: Network) -> None:
    """The outputs are the ends of the tree, and have values."""
    _require(bool(network.outputs), "the network has no output")
    ends = {
        stage.equation.target: stage.equation.value
        for stage in network.tree
        if isinstance(stage, Output)
    }
    for name in {**ends, **network.outputs}:
        value = network.outputs.get(name)
        if value is None:
            raise CompilerError(f"the output {name} is lost")
        _operation(network, value, f"the output {name} is")
        _require(name in ends, f"no equation gives the output {name}")
        _require(ends[name] == value, f"the output {name} is {value}, its equation {ends[name]}")
