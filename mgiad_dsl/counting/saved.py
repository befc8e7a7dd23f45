"""What autograd saves of each operation for the backward pass, as PyTorch's derivatives say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import prod

from typing_extensions import assert_never

from mgiad_dsl.counting.arrays import Array, value
from mgiad_dsl.graph import ops, weights
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Op, Shape, is_number

_BY_RESULT = frozenset({"relu", "tanh", "sigmoid"})  # other activations need what they were given


@dataclass(frozen=True)
class Saved:
    """A tensor that is saved ``by`` an operation: the value ``of`` one, or made beside it.

    Others that save the same tensor take no more memory.
    """

    by: Operation
    of: Operation
    array: Array


def saved(network: Network) -> Iterator[Saved]:
    """Every tensor that is saved once the forward pass of a training step has ended.

    Not those of operations that lead to no output, which are let go, or that depend on no
    weight, which have no gradient; nor weights and buffers, which are there anyway.
    """
    needed, trained = network.needed(), _trained(network)
    seen: set[str] = set()
    for node in network.operations.values():
        if node.name not in needed or node.name not in trained:
            continue
        for made in _values(network, node, trained):
            if made.name not in seen and not is_number(made.op):
                seen.add(made.name)
                yield Saved(node, made, value(made.shape))
        given = network.operations[node.inputs[0]].shape if node.inputs else ()
        for array in (*beside(node.op, given, node.shape), *_reciprocal(network, node)):
            yield Saved(node, node, array)


def _trained(network: Network) -> set[str]:
    """The values that depend on a weight."""
    found: set[str] = set()
    for node in network.operations.values():
        has_weights = isinstance(node.op, ops.Weighted) and weights.trainable(node.op) > 0
        if has_weights or (not isinstance(node.op, ops.Zeros) and found & {*node.inputs}):
            found.add(node.name)
    return found


def _values(network: Network, node: Operation, trained: Collection[str]) -> tuple[Operation, ...]:
    """The values that an operation saves, of those it is given and that it makes."""
    given = tuple(_computed(network, name) for name in node.inputs)
    match node.op:
        case ops.Conv(boundary=boundary) | ops.Stencil(boundary=boundary) if boundary != "zeros":
            # what is padded is another tensor; to undo a circle takes no values
            return given if boundary != "circular" and given[0].name in trained else ()
        case (
            ops.Conv() | ops.Stencil() | ops.Linear() | ops.BatchNorm() | ops.GroupNorm()
            | ops.LayerNorm() | ops.PReLU()
        ):  # fmt: skip
            return given
        case ops.Activation(name):
            return (node,) if name in _BY_RESULT else given
        case ops.Pool(maximum=maximum, window=window):
            return given if maximum or window else ()  # of a mean the size is enough
        case ops.Binary(sign):
            return _operands(sign, given[0], given[1], node, trained)
        case (
            ops.Input() | ops.Zeros() | ops.Constant() | ops.Scalar() | ops.Dropout()
            | ops.DropPath() | ops.Upsample() | ops.Negate() | ops.Join()
        ):  # fmt: skip
            return ()
        case _:
            assert_never(node.op)


def _computed(network: Network, name: str) -> Operation:
    """Where a value is computed: with probability 0 chance gives the one that it is given."""
    node = network.operations[name]
    while isinstance(node.op, ops.Chance) and not node.op.p:
        node = network.operations[node.inputs[0]]
    return node


def _operands(
    sign: str, first: Operation, second: Operation, made: Operation, trained: Collection[str]
) -> tuple[Operation, ...]:
    """Of a product each factor is saved for the gradient of the other; numbers have none."""
    if sign == "*":
        pairs = ((first, second), (second, first))
        return tuple(one for one, other in pairs if other.name in trained)
    if sign == "/":
        by_number, of_number = second.name not in trained, isinstance(first.op, ops.Constant)
        return () if by_number or of_number else (first, second)
    if sign == "^":
        return (first,) if isinstance(second.op, ops.Constant) else (first, second, made)
    return ()


def _reciprocal(network: Network, node: Operation) -> tuple[Array, ...]:
    """``2 / s`` is computed as a product with ``1 / s``, which is saved."""
    if node.op != ops.Binary("/"):
        return ()
    first = network.operations[node.inputs[0]]
    return (value(node.shape),) if isinstance(first.op, ops.Constant) else ()


def beside(op: Op, given: Shape, made: Shape) -> tuple[Array, ...]:
    """What an operation makes beside its value in training: statistics, places, what is kept."""
    match op:
        case ops.Conv() | ops.Stencil() if op.boundary != "zeros":
            around = (n + 2 * p for n, p in zip(given[1:], op.padding, strict=True))
            return (value((given[0], *around)),)
        case ops.BatchNorm(channels=channels):
            return (Array(channels, each=False, content="statistics"),) * 2
        case ops.GroupNorm(groups=groups):
            return (Array(groups, each=True),) * 2
        case ops.LayerNorm():
            return (Array(prod(made[1:]), each=True, content="statistics"),) * 2
        case ops.Pool(maximum=True):
            return (Array(prod(made), each=True, content="integers"),)
        case ops.Dropout(p) if p:
            return (Array(prod(made), each=True, content="booleans"),)
        case ops.DropPath(p) if p:
            return (Array(1, each=True),)
        case (
            ops.Input() | ops.Zeros() | ops.Constant() | ops.Scalar() | ops.Conv() | ops.Stencil()
            | ops.Linear() | ops.PReLU() | ops.Dropout() | ops.DropPath() | ops.Activation()
            | ops.Pool() | ops.Upsample() | ops.Binary() | ops.Negate() | ops.Join()
        ):  # fmt: skip
            return ()
        case _:
            assert_never(op)
