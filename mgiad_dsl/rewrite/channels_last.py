"""The layout of images in memory: a decision for CPUs."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import Conv, Dropout, Input, When

_SMALL = 8  # channels; an inference with such groups takes longer


def put_channels_last(network: Network) -> Network:
    """``x[n, c, h, w]`` lies in memory as ``x[n, h, w, c]``.

    Convolutions answer in the layout that they are given, and on a CPU they, norms and sums take
    less time in this one; networks of small groups in training alone (bench/levels.py
    --channels-last). Stencils and depthwise convolutions gain nothing, and dropout of images would
    draw otherwise: it goes through memory. Weights stay as they are.
    """
    nodes = network.operations.values()
    convs = [node.op for node in nodes if isinstance(node.op, Conv) and len(node.op.kernel) == 2]
    if all(map(_is_depthwise, convs)) or any(map(_draws, nodes)):
        return network
    mostly_small = 2 * sum(map(_has_small_groups, convs)) > len(convs)
    return _put(network, "training" if mostly_small else "always")


def put_channels_as_given(network: Network) -> Network:
    """``x[n, c, h, w]`` lies in memory as it is given, where training alone gains."""
    inputs = (network.operations[value].op for value in network.inputs.values())
    serves = any(isinstance(op, Input) and op.channels_last == "training" for op in inputs)
    return _put(network, "never") if serves else network


def _put(network: Network, when: When) -> Network:
    operations = {
        name: replace(node, op=replace(node.op, channels_last=when))
        if isinstance(node.op, Input) and len(node.shape) == 3
        else node
        for name, node in network.operations.items()
    }
    return replace(network, operations=operations)


def _is_depthwise(op: Conv) -> bool:
    return op.groups == max(op.channels_in, op.channels_out)


def _has_small_groups(op: Conv) -> bool:
    width = max(op.channels_in, op.channels_out) // op.groups
    return op.groups > 1 and 1 < width <= _SMALL


def _draws(node: Operation) -> bool:
    """Whether it is dropout of images, which a seed should make the same at every level."""
    of_image = len(node.shape) == 3 and prod(node.shape[1:]) > 1
    return of_image and isinstance(node.op, Dropout) and node.op.p > 0
