"""Architecture diagrams: a network graph to DOT text, and DOT text to a picture."""

from mgiad_dsl.draw.detail import draw_operations
from mgiad_dsl.draw.diagram import draw_blocks
from mgiad_dsl.draw.files import FORMATS, render
from mgiad_dsl.graph import NetGraph

__all__ = ["FORMATS", "draw", "render"]


def draw(graph: NetGraph, *, detail: bool = False) -> str:
    """The DOT text of a network.

    One block per smoothing step, its levels as rows; with ``detail`` every operation
    instead, clustered by the part of the cycle it runs in.
    """
    return draw_operations(graph) if detail else draw_blocks(graph)
