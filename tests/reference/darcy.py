# ruff: noqa: E741  # levels are called l, as in the equations
"""A learned full approximation scheme for Darcy flow, -div(a grad u) = f.

A. Brandt, Multi-level adaptive solutions to boundary-value problems, Mathematics of Computation 31
(1977), section 8: the coarse problem is for u itself, A' u' = R (f - A u) + A' (Pi u), and what
comes up is the change P (u' - Pi u). As in MgNet (J. He and J. Xu, 2019) the operators are learned
and a step is nonlinear; as in Darcy flow A depends on a coefficient, which multiplies a flux:

    A u     =  K (a * G u)                  K for the divergence, G for the gradient
    relax   u  <- u + B gelu(S [f - A u, a])

All fields have `width` channels, a those of features of the given coefficient. G, K, S and B of a
level are shared by all its steps.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from .parts import Family, depthwise


class Darcy(nn.Module):
    """Coefficients and right-hand sides [N, 1, n, n] (the latter times h^2) to solutions."""

    def __init__(
        self,
        width: int = 8,
        levels: int = 5,
        pre: int = 1,
        coarsest: int = 2,
        post: int = 1,
        size: int = 64,
        force: float = 100,
        unit: float = 10,
    ) -> None:
        super().__init__()
        every, below = range(1, levels + 1), range(2, levels + 1)
        self.levels, self.pre, self.coarsest, self.post = levels, pre, coarsest, post
        self.force, self.unit = (size + 1) ** 2 / force, unit
        points = {l: -(-size // 2 ** (l - 1)) for l in every}

        def three(inputs: int, outputs: int = width, bias: bool = True) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)

        def up(l: int) -> nn.ConvTranspose2d:
            k = 4 if points[l - 1] == 2 * points[l] else 3
            return nn.ConvTranspose2d(width, width, k, 2, 1, groups=width, bias=False)

        self.E, self.T = three(1), three(2)
        self.G = Family({l: three(width, bias=False) for l in every})
        self.K = Family({l: three(width, bias=False) for l in every})
        self.S = Family({l: three(2 * width) for l in every})
        self.B = Family({l: nn.Conv2d(width, width, 1) for l in every})
        self.Ra = Family({l: depthwise(width, width, 2) for l in below})
        self.R = Family({l: depthwise(width, width, 2) for l in below})
        self.Pi = Family({l: depthwise(width, width, 2) for l in below})
        self.P = Family({l: up(l) for l in below})
        self.H = nn.Conv2d(width, 1, 1)

    def _operator(self, l: int, a: Tensor, u: Tensor) -> Tensor:
        return self.K[l](a * self.G[l](u))

    def _relax(self, l: int, a: Tensor, u: Tensor, f: Tensor, times: int) -> Tensor:
        for _ in range(times):
            r = f - self._operator(l, a, u)
            u = u + self.B[l](gelu(self.S[l](torch.cat([r, a], dim=1))))
        return u

    def _cycle(self, l: int, a: Tensor, u: Tensor, f: Tensor) -> Tensor:
        """The u of level `l` after it and all coarser ones were visited."""
        if l == self.levels:
            return self._relax(l, a, u, f, self.coarsest)
        u = self._relax(l, a, u, f, self.pre)
        given = self.Pi[l + 1](u)
        a_coarse = gelu(self.Ra[l + 1](a))
        f_coarse = self.R[l + 1](f - self._operator(l, a, u))
        f_coarse = f_coarse + self._operator(l + 1, a_coarse, given)
        u = u + self.P[l + 1](self._cycle(l + 1, a_coarse, given, f_coarse) - given)
        return self._relax(l, a, u, f, self.post)

    def forward(self, coefficient: Tensor, rhs: Tensor) -> Tensor:
        relative = coefficient / self.unit
        a = gelu(self.E(relative))
        f = self.T(torch.cat([relative, self.force * rhs], dim=1))
        return self.H(self._cycle(1, a, torch.zeros_like(f), f))


def exact_count(
    width: int = 8, levels: int = 5, pre: int = 1, coarsest: int = 2, post: int = 1, size: int = 64
) -> int:
    """Weights by arithmetic; steps have none of their own."""
    ends = (9 + 1) * width + (2 * 9 + 1) * width + width + 1  # E, T and H
    level = (9 + 9 + 2 * 9 + 1) * width**2 + 2 * width  # G, K, S and B, the last two with biases
    points = [-(-size // 2**l) for l in range(levels)]
    up = sum(16 if fine == 2 * coarse else 9 for fine, coarse in pairwise(points))
    return ends + levels * level + (3 * 9 * (levels - 1) + up) * width
