"""What zeros take their batch size from: nothing runs for that alone."""

from __future__ import annotations

from dataclasses import replace

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Shape, Zeros


def hang_zeros(network: Network) -> None:
    """Let a zero be like a value that an output needs: the last one of its shape, or an input.

    Else a norm would run, and count its statistics, only to lend a batch size.
    """
    needed = network.needed()
    like: dict[Shape, str] = {}
    first = next(iter(network.inputs.values()), None)
    for name, node in network.operations.items():
        if isinstance(node.op, Zeros) and node.inputs[0] not in needed and first is not None:
            inputs = (like.get(node.shape, first),)
            network.operations[name] = replace(node, inputs=inputs)
        if name in needed:
            like[node.shape] = name
