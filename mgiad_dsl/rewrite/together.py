"""Small groups of channels, several of them computed as one: a decision for CPUs."""

from __future__ import annotations

from dataclasses import replace

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Conv

# Channels that a CPU works on at once; groups of fewer take as long (bench/groups.py).
_FULL = 8


def join_groups(network: Network) -> Network:
    """``(A x, B y) = [A 0; 0 B] (x, y)``, until a group has 8 channels.

    On a CPU one such convolution is faster than two of small groups, in training by far. The
    zeros are put in as it runs: the weights stay as they are. What is depthwise has kernels of
    its own.
    """
    operations = {
        name: replace(node, op=joined(node.op)) if isinstance(node.op, Conv) else node
        for name, node in network.operations.items()
    }
    groups = {
        name: replace(group, op=joined(group.op)) if isinstance(group.op, Conv) else group
        for name, group in network.groups.items()
    }
    return replace(network, operations=operations, groups=groups)


def joined(op: Conv) -> Conv:
    """A convolution with as many groups together as pays."""
    if op.transposed or op.groups == 1 or len(op.kernel) != 2 or op.boundary != "zeros":
        return op
    given, made = op.channels_in // op.groups, op.channels_out // op.groups
    most = _FULL // max(given, made)
    if given == made == 1 or most < 2:
        return op
    return replace(op, together=max(n for n in range(1, most + 1) if op.groups % n == 0))
