"""Architecture diagrams: a network to DOT text, and DOT text to a picture."""

from mgiad_dsl.draw.detail import draw_operations
from mgiad_dsl.draw.files import FORMATS, render
from mgiad_dsl.draw.fit import draw_blocks
from mgiad_dsl.draw.look import Look
from mgiad_dsl.draw.theme import THEMES
from mgiad_dsl.graph.network import Network

__all__ = ["FORMATS", "THEMES", "Look", "draw", "render"]


def draw(network: Network, look: Look | None = None) -> str:
    """The DOT text of a network.

    A block for the steps of each visit of a level, levels as rows, of a network as its spec
    writes it; with the depth ``ops`` every operation instead, clustered by the part of the cycle
    it runs in, also after rewrites. Below it, unless ``look`` has no legend, the equations and the
    weights of every sharing group.

    Raises:
        SpecError: the picture cannot be as ``look`` wants it.
    """
    look = look or Look()
    make = draw_operations if look.depth == "ops" else draw_blocks
    return make(network, look)
