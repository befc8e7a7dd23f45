"""``-div(a grad u) = f`` on the unit interval, square or cube, by finite differences."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Diffusion:
    """The operator A of ``A u = f`` on a grid of n points in every direction; f is given times h^2.

    Fields are (samples, 1, n, ...) of one to three dimensions. The coefficient a at a face
    between two points is the mean of theirs, as in the data of Li et al. (Fourier Neural
    Operator, ICLR 2021); without one it is 1, and A is the stencil of 2, 4 or 6 in the middle
    and -1 beside it, as in the specs ``poisson``.

    With Dirichlet boundaries the points are the inner ones, h = 1 / (n + 1), u is zero on the
    boundary, and a there is that of the nearest point. With periodic ones h = 1 / n; f must have
    mean zero, and u is determined but for a constant.
    """

    periodic: bool = False

    def spacing(self, points: int) -> float:
        """h, for so many points in a direction."""
        return 1 / points if self.periodic else 1 / (points + 1)

    def apply(self, u: Tensor, a: Tensor | None = None) -> Tensor:
        """A u."""
        result = torch.zeros_like(u)
        for axis in range(2, u.ndim):
            for step in (1, -1):
                difference = u - self._beside(u, axis, step, outside="zero")
                result = result + self._face(a, u, axis, step) * difference
        return result

    def diagonal(self, u: Tensor, a: Tensor | None = None) -> Tensor:
        """The diagonal of A, at the points of a field u."""
        sides = [(axis, step) for axis in range(2, u.ndim) for step in (1, -1)]
        return torch.stack([self._face(a, u, *side) for side in sides]).sum(dim=0)

    def _face(self, a: Tensor | None, like: Tensor, axis: int, step: int) -> Tensor:
        if a is None:
            return torch.ones_like(like)
        return (a + self._beside(a, axis, step, outside="nearest")) / 2

    def _beside(self, field: Tensor, axis: int, step: int, outside: str) -> Tensor:
        """At every point the value of its neighbour along an axis, ``step`` is 1 or -1."""
        moved = field.roll(-step, axis)
        if self.periodic:
            return moved
        last = field.shape[axis] - 1 if step == 1 else 0
        edge = field.narrow(axis, last, 1)
        edge = torch.zeros_like(edge) if outside == "zero" else edge
        inner = moved.narrow(axis, 0 if step == 1 else 1, field.shape[axis] - 1)
        return torch.cat([inner, edge] if step == 1 else [edge, inner], dim=axis)
