"""Operations nobody needs: what no output depends on does not run."""

from __future__ import annotations

from mgiad_dsl.graph.network import Network
from mgiad_dsl.rewrite.replaced import replaced


def drop_unneeded(network: Network) -> Network:
    """``y = op(x)`` goes where no output is a function of ``y``; inputs stay."""
    needed = network.live() | set(network.inputs.values())
    return replaced(network, dict.fromkeys(network.operations.keys() - needed))
