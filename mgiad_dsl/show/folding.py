"""What became of the batch norms of a network for inference."""

from __future__ import annotations

from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import BatchNorm
from mgiad_dsl.rewrite.norms import unfolded


def folding(network: Network, inference: Network) -> str:
    """``folded 9 of 17 batch norms; not folded: 8 whose input is a difference``

    Args:
        network: what runs at a level of optimisation.
        inference: the same for inference alone.
    """
    live = network.live()
    norms = sum(isinstance(network.operations[name].op, BatchNorm) for name in live)
    if not norms:
        return "no batch norm to fold"
    left = unfolded(inference)
    reasons = "; ".join(f"{number} {reason}" for reason, number in left.most_common())
    folded = f"folded {norms - left.total()} of {norms} batch norms"
    return f"{folded}; not folded: {reasons}" if reasons else folded
