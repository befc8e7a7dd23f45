"""Chance, which only training has: for inference alone."""

from __future__ import annotations

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Chance
from mgiad_dsl.rewrite.replaced import replaced


def drop_chance(network: Network) -> Network:
    """``dropout(x) = droppath(x) = x`` when nothing is trained."""
    same: dict[str, str] = {}
    for name, node in network.operations.items():
        if isinstance(node.op, Chance):
            same[name] = same.get(node.inputs[0], node.inputs[0])
    return replaced(network, same)
