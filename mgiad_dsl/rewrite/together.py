"""Small groups of channels, several of them computed as one: a decision for CPUs and GPUs."""

from __future__ import annotations

from dataclasses import replace

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Conv

# Channels that a CPU works on at once, and the tensor cores of a GPU: smaller groups take as
# long, or longer (bench/groups.py).
_CPU_FULL = 8
_GPU_FULL = 16
_GPU_SMALL = 4  # groups of more channels are fast on a GPU as they are
_GPU_DENSE = 512  # up to so many channels a matrix product takes no longer than reading its images


def join_groups(network: Network) -> Network:
    """``(A x, B y) = [A 0; 0 B] (x, y)``, until a group has 8 channels.

    One such convolution is faster than two of small groups, in training by far. The zeros are put
    in as it runs: the weights stay as they are. What is depthwise has kernels of its own. On a GPU
    a group gets 16 channels, and all groups of a 1x1 convolution are one.
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
    if given == made == 1:
        return op
    width = max(given, made)
    return replace(op, together=(_most(op.groups, _CPU_FULL // width), _on_gpu(op, width)))


def _on_gpu(op: Conv, width: int) -> int:
    if set(op.kernel) == {1} and max(op.channels_in, op.channels_out) <= _GPU_DENSE:
        return op.groups
    return _most(op.groups, _GPU_FULL // width) if width <= _GPU_SMALL else 1


def _most(groups: int, most: int) -> int:
    """The largest divisor of ``groups`` that is at most ``most``, and at least 1."""
    return max(n for n in range(1, max(1, most) + 1) if groups % n == 0)
