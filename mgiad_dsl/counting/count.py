"""Exact counts of a network: weights by sharing group, never by node."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import prod
from typing import TypeVar

from mgiad_dsl.graph import ops, shapes, weights
from mgiad_dsl.graph.describe import describe, level
from mgiad_dsl.graph.network import Network, Operation, WeightGroup
from mgiad_dsl.graph.ops import Weighted

FLOAT_BYTES = 4

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class GroupCount:
    """A sharing group.

    ``weights`` are trainable elements, ``buffers`` the others; ``uses`` how often the spec
    applies it to give the outputs; ``ungrouped`` its weights if every group count were 1;
    ``macs`` multiply-accumulates per image over all its uses that run.
    """

    name: str
    family: str
    op: Weighted
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
    def kind(self) -> str:
        """``conv 3x3 64 -> 64``"""
        return describe(self.op)

    @property
    def level(self) -> str:
        """``l=2 k=0``, or ``all`` for what is shared over levels."""
        return level(self.levels) or "all"


@dataclass(frozen=True)
class Cost:
    """What one image costs.

    Operations that compute something, multiply-accumulates, and elements of all values computed.
    """

    operations: int
    macs: int
    activations: int


@dataclass(frozen=True)
class WeightCount:
    """The counts of a network: its weights, what runs, and what the spec writes."""

    name: str
    groups: tuple[GroupCount, ...]
    cost: Cost
    written: Cost

    @property
    def operations(self) -> int:
        """Operations that compute something."""
        return self.cost.operations

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return self.cost.macs

    @property
    def activations(self) -> int:
        """Elements of all values computed for one image."""
        return self.cost.activations

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

    def __str__(self) -> str:
        """The tables of ``mgiad count``."""
        return self._tables("table")

    def _repr_html_(self) -> str:
        return self._tables("html")

    def _tables(self, form: str) -> str:
        from mgiad_dsl.base.tables import render  # not needed to count
        from mgiad_dsl.counting.tables import breakdowns, overview

        return render([overview(self), *breakdowns(self)], form)

    def by(self, key: Callable[[GroupCount], _Key]) -> dict[_Key, list[GroupCount]]:
        """The groups by family, level or role, in the order of the network."""
        parts: dict[_Key, list[GroupCount]] = {}
        for group in self.groups:
            parts.setdefault(key(group), []).append(group)
        return parts


def count(written: Network, network: Network | None = None) -> WeightCount:
    """Count a network.

    Args:
        written: the network as the spec writes it, which says what is used how often.
        network: what runs, after rewrites: it says what that costs. By default the same.
    """
    network = network or written
    live, used = written.live(), written.live_groups()
    runs = live if network is written else network.live()
    groups = []
    for group in sorted(written.groups.values(), key=lambda group: group.span.start):
        uses = sum(user in live for user in group.users)
        users = [network.operations[u] for u in network.groups[group.name].users if u in runs]
        macs = sum(_macs(network, node) for node in users)
        groups.append(_group(group, uses, macs, dead=group.name not in used))
    ran = cost(network)
    return WeightCount(
        written.name, tuple(groups), ran, ran if network is written else cost(written)
    )


def cost(network: Network) -> Cost:
    """What a network costs that runs; what no output needs does not."""
    live = network.live()
    nodes = [node for node in network.operations.values() if node.name in live]
    computed = [node for node in nodes if _computes(node)]
    return Cost(
        operations=len(computed),
        macs=sum(_macs(network, node) for node in nodes),
        activations=sum(prod(node.shape) for node in computed),
    )


def _group(group: WeightGroup, uses: int, macs: int, *, dead: bool) -> GroupCount:
    return GroupCount(
        group.name,
        group.family,
        group.op,
        group.role,
        group.levels,
        weights=weights.trainable(group.op),
        buffers=weights.buffers(group.op),
        uses=uses,
        dead=dead,
        ungrouped=weights.ungrouped(group.op),
        macs=macs,
    )


def _macs(network: Network, node: Operation) -> int:
    given = network.operations[node.inputs[0]].shape if node.inputs else ()
    return shapes.macs(node.op, given, node.shape)


def _computes(node: Operation) -> bool:
    return not isinstance(node.op, (ops.Input, ops.Constant, ops.Scalar))
