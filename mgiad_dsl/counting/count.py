"""Exact counts of a network: weights by sharing group, never by node."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from math import prod
from typing import TypeVar

from mgiad_dsl.graph import ops, shapes, weights
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import Network, Operation, WeightGroup

FLOAT_BYTES = 4

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class GroupCount:
    """A sharing group.

    ``weights`` are trainable elements, ``buffers`` the others; ``uses`` how often it runs
    to give the outputs; ``ungrouped`` its weights if every group count were 1;
    ``macs`` multiply-accumulates per image over all its uses.
    """

    name: str
    family: str
    kind: str
    role: str
    levels: dict[str, int]
    weights: int
    buffers: int
    uses: int
    dead: bool
    ungrouped: int
    macs: int

    @property
    def unshared(self) -> int:
        """Weights if every use had its own; an unused group counts once."""
        return self.weights * max(1, self.uses)

    @property
    def level(self) -> str:
        """``l=2 k=0``, or ``all`` for what is shared over levels."""
        return " ".join(f"{index}={value}" for index, value in self.levels.items()) or "all"


@dataclass(frozen=True)
class WeightCount:
    """The counts of a network.

    ``activations`` are elements of all values computed for one image.
    """

    name: str
    groups: tuple[GroupCount, ...]
    macs: int
    activations: int

    @property
    def weights(self) -> int:
        """All trainable elements, dead ones too: ``sum(p.numel())`` of the module."""
        return sum(group.weights for group in self.groups)

    @property
    def dead(self) -> int:
        """Weights with no path to an output."""
        return sum(group.weights for group in self.groups if group.dead)

    @property
    def used(self) -> int:
        return self.weights - self.dead

    @property
    def body(self) -> int:
        """Weights apart from the head, which grows with the number of classes."""
        return sum(group.weights for group in self.groups if group.role != "head")

    @property
    def buffers(self) -> int:
        """Norm statistics and fixed stencils."""
        return sum(group.buffers for group in self.groups)

    @property
    def unshared(self) -> int:
        """Weights if nothing were shared."""
        return sum(group.unshared for group in self.groups)

    @property
    def ungrouped(self) -> int:
        """Weights if no convolution were grouped."""
        return sum(group.ungrouped for group in self.groups)

    @property
    def bytes(self) -> int:
        """Bytes of weights and buffers in float32."""
        return FLOAT_BYTES * (self.weights + self.buffers)

    def by(self, key: Callable[[GroupCount], _Key]) -> dict[_Key, list[GroupCount]]:
        """The groups by family, level or role, in the order of the network."""
        parts: dict[_Key, list[GroupCount]] = {}
        for group in self.groups:
            parts.setdefault(key(group), []).append(group)
        return parts


def count(network: Network) -> WeightCount:
    """Count a network."""
    live, used = network.live(), network.live_groups()
    nodes = [node for node in network.operations.values() if node.name in live]
    return WeightCount(
        network.name,
        tuple(
            _group(network, group, live, dead=group.name not in used)
            for group in _in_order(network.groups.values())
        ),
        macs=sum(_macs(network, node) for node in nodes),
        activations=sum(prod(node.shape) for node in nodes if _computes(node)),
    )


def _in_order(groups: Iterable[WeightGroup]) -> list[WeightGroup]:
    """As declared; sharing groups of one family as they are first used."""
    return sorted(groups, key=lambda group: group.span.start)


def _group(network: Network, group: WeightGroup, live: set[str], *, dead: bool) -> GroupCount:
    users = [network.operations[name] for name in group.users if name in live]
    return GroupCount(
        group.name,
        group.family,
        describe(group.op),
        group.role,
        group.levels,
        weights=weights.trainable(group.op),
        buffers=weights.buffers(group.op),
        uses=len(users),
        dead=dead,
        ungrouped=weights.ungrouped(group.op),
        macs=sum(_macs(network, node) for node in users),
    )


def _macs(network: Network, node: Operation) -> int:
    given = network.operations[node.inputs[0]].shape if node.inputs else ()
    return shapes.macs(node.op, given, node.shape)


def _computes(node: Operation) -> bool:
    return not isinstance(node.op, (ops.Input, ops.Constant, ops.Scalar))
