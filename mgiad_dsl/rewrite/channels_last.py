"""The layout of images in memory: a decision for CPUs."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Conv, Dropout, Input, Op


def put_channels_last(network: Network) -> Network:
    """``x[n, c, h, w]`` lies in memory as ``x[n, h, w, c]``.

    Convolutions answer in the layout that they are given, and on a CPU they, norms and sums take
    less time in this one (bench/levels.py --channels-last). Stencils and depthwise convolutions
    alone gain nothing, and dropout of images would draw otherwise: it goes through memory. Weights
    stay as they are.
    """
    nodes = network.operations.values()
    if any(map(_draws, nodes)) or not any(_gains(node.op) for node in nodes):
        return network
    operations = {
        name: replace(node, op=replace(node.op, channels_last=True))
        if isinstance(node.op, Input) and len(node.shape) == 3
        else node
        for name, node in network.operations.items()
    }
    return replace(network, operations=operations)


def _draws(node: Operation) -> bool:
    """Whether it is dropout of images, which a seed should make the same at every level."""
    return isinstance(node.op, Dropout) and node.op.p > 0 and prod(node.shape[1:]) > 1


def _gains(op: Op) -> bool:
    """Whether it is a convolution of images, and not depthwise."""
    if not isinstance(op, Conv) or len(op.kernel) != 2:
        return False
    return op.groups < max(op.channels_in, op.channels_out)
