"""Architecture diagrams: a network to DOT text, and DOT text to a picture."""

from mgiad_dsl.draw.detail import draw_operations
from mgiad_dsl.draw.diagram import draw_blocks
from mgiad_dsl.draw.files import FORMATS, render
from mgiad_dsl.graph.network import Network

__all__ = ["FORMATS", "draw", "render"]


def draw(network: Network, *, detail: bool = False, legend: bool = True) -> str:
    """The DOT text of a network.

    A block for the steps of each visit of a level, levels as rows, of a network as its spec
    writes it; with ``detail`` every operation instead, clustered by the part of the cycle it
    runs in, also after rewrites. Below it, unless ``legend`` is false, the equations and the
    weights of every sharing group.
    """
    make = draw_operations if detail else draw_blocks
    return make(network, legend=legend)
