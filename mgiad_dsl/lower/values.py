"""What an expression is worth while a cycle runs symbolically."""

from __future__ import annotations

from dataclasses import dataclass

from mgiad_dsl.graph.network import Place
from mgiad_dsl.graph.ops import Shape, Size

SCALAR = Place("<scalar>", (), "a learnable scalar")


@dataclass(frozen=True)
class Tensor:
    """The result of a node, in a space (or a learnable scalar, of shape ``()``)."""

    node: str
    place: Place
    shape: Shape

    @property
    def is_scalar(self) -> bool:
        return self.place == SCALAR

    @property
    def size(self) -> Size:
        """Height and width of an image; a vector has none."""
        return self.shape[1:]

    def __str__(self) -> str:
        return "x".join(map(str, self.shape))
