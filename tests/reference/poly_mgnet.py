# ruff: noqa: E741  # levels are called l, as in the equations
"""Poly-MgNet: polynomials in A take the place of B.

A. van Betteray, M. Rottmann and K. Kahl, Poly-MgNet: polynomial building blocks in multigrid-
inspired ResNets, ICPRAM 2025 (arXiv 2503.10594). With r = relu(norm(f - A u)), a step is

    linear      u <- u + relu(norm(1/lambda r))
    quadratic   u <- u + relu(norm((2 a r - A r) / (a^2 + b^2)))

with learnable numbers lambda, or a and b (a root a +- bi of the polynomial), of the step alone. The
rest is MgNet as in mgnet.py, with the unused `R0` and `Pi0` that the authors' code has here too.

The authors' code (vanbetteray/Poly-MgNet) stores alpha = 1/lambda; here the weight is lambda. Its
nets take linear steps first and one quadratic step last: `linear` and `quadratic` count them. The
above are its options `regular`; the defaults of its two scripts differ:

    "poly"   u <- relu(norm(u + 1/lambda r))                              r = norm(f - A u)
    "quad"   u <- u + relu(norm(A(1/lambda r)))                           r as above
             u <- relu(norm(u + (2 a r - A r) / (a^2 + b^2)))
"""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from .parts import Family, Scalars, avgpool, conv, depthwise, maxpool, norms, widths

BASE = (64, 128, 256, 256)
Script = Literal["", "poly", "quad"]


class PolyMgNet(nn.Module):
    """Images [N, in_channels, n, n] to logits [N, classes]."""

    def __init__(
        self,
        width: float = 1,
        linear: int = 2,
        quadratic: int = 0,
        in_channels: int = 3,
        classes: int = 10,
        stem: int = 3,
        pool: bool = False,
        script: Script = "",
    ) -> None:
        super().__init__()
        self.script = script
        c = [0, *widths(width, BASE)]
        self.levels, self.pool = len(BASE), pool
        self.linear, self.steps = linear, linear + quadratic
        levels, coarse = range(1, self.levels + 1), range(2, self.levels + 1)
        roots = [(l, i) for l in levels for i in range(linear + 1, self.steps + 1)]

        self.theta = conv(in_channels, c[1], stem)
        self.A = Family({l: conv(c[l], c[l]) for l in levels})
        self.lam = Scalars([(l, i) for l in levels for i in range(1, linear + 1)], 1)
        self.a, self.b = Scalars(roots, 1), Scalars(roots, 1)
        self.R = Family({l: depthwise(c[l - 1], c[l], stride=2) for l in coarse})
        self.Pi = Family({l: depthwise(c[l - 1], c[l], stride=2) for l in coarse})
        self.R0, self.Pi0 = depthwise(c[1], c[1]), depthwise(c[1], c[1])
        self.W = nn.Linear(c[-1], classes)
        self.norms = norms([c[1]] + [c[l] for l in levels for _ in range(2 * self.steps)])

    def _polynomial(self, l: int, i: int, r: Tensor) -> Tensor:
        """What step `i` of level `l` makes of the residual `r`."""
        if i <= self.linear:
            scaled = 1 / self.lam[l, i] * r
            return self.A[l](scaled) if self.script == "quad" else scaled
        a, b = self.a[l, i], self.b[l, i]
        return (2 * a * r - self.A[l](r)) / (a**2 + b**2)

    def _step(self, l: int, i: int, f: Tensor, u: Tensor, norm: Iterator[nn.Module]) -> Tensor:
        """The next u of level `l`."""
        r = next(norm)(f - self.A[l](u))
        r = r if self.script == "poly" else relu(r)
        p = self._polynomial(l, i, r)
        if self.script == "poly" or (self.script == "quad" and i > self.linear):
            return relu(next(norm)(u + p))
        return u + relu(next(norm)(p))

    def forward(self, image: Tensor) -> Tensor:
        norm = iter(self.norms)
        f = relu(next(norm)(self.theta(image)))
        f = maxpool(f) if self.pool else f
        u = torch.zeros_like(f)
        for l in range(1, self.levels + 1):
            if l > 1:
                r = relu(f - self.A[l - 1](u))
                u = self.Pi[l](u)
                f = self.R[l](r) + self.A[l](u)
            for i in range(1, self.steps + 1):
                u = self._step(l, i, f, u, norm)
        return self.W(avgpool(u))


def exact_count(
    width: float = 1,
    linear: int = 2,
    quadratic: int = 0,
    in_channels: int = 3,
    classes: int = 10,
    stem: int = 3,
    pool: bool = False,
    script: Script = "",
) -> int:
    """Weights by arithmetic; pooling has none, and a script's options neither."""
    c = widths(width, BASE)
    total = stem**2 * in_channels * c[0] + 2 * c[0]
    total += sum(9 * n * n for n in c)  # A
    total += 2 * 9 * sum(c)  # R and Pi of levels 2..L, R0 and Pi0
    total += len(c) * (linear + 2 * quadratic)  # lambda; a and b
    total += sum((linear + quadratic) * 2 * 2 * n for n in c)
    return total + (c[-1] + 1) * classes
