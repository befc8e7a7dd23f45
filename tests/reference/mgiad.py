# ruff: noqa: E741  # levels are called l, as in the equations
"""MGiaD: a V-cycle over channel levels inside every resolution level of MgNet.

A. van Betteray, M. Rottmann and K. Kahl, Multigrid in all dimensions, ICCV Workshop 2023 (arXiv
2211.05525), "smoothing in channels". The paper prints no listing of the channel cycle: two steps
before and one after, three on the coarsest level, 1x1 transfers with groups of two and the norm
behind the prolongation on ImageNet are the reading that gives all four printed counts.

Resolution level l has c_l channels; channel level k has c_l / 2^k, down to at least c_K:

    relax     u_k      <- u_k + relu(norm(B_k(relu(norm(f_k - A_k u_k)))))      group size g_s
    coarsen   u_{k+1}  =  Pic u_k
              f_{k+1}  =  Rc (f_k - A_k u_k) + A_{k+1} u_{k+1}
    solve     relax with fully coupled A and B on the coarsest channel level
    correct   u_k      <- u_k + Pc (u_{k+1} - Pic u_k)                          normed if `norm_p`

A and B of a channel level are shared by all its steps, before and after the coarser levels.
"""

from collections.abc import Iterator, Sequence
from math import log2

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from .parts import Family, avgpool, conv, depthwise, grouped, maxpool, norms, widths

BASE = (64, 128, 256, 256)
PRE, SOLVE, POST = 2, 3, 1
Norms = Iterator[nn.Module]


def channel_depth(c: int, c_k: int) -> int:
    """Index of the coarsest channel level: halve while at least `c_k` channels remain."""
    return max(0, int(log2(c / c_k))) if c >= c_k else 0


class MGiaD(nn.Module):
    """Images [N, in_channels, n, n] to logits [N, classes]."""

    def __init__(
        self,
        width: float = 1,
        c_k: int = 64,
        g_s: int = 64,
        norm_p: bool = False,
        in_channels: int = 3,
        classes: int = 100,
        stem: int = 3,
        pool: bool = False,
        base: Sequence[int] = BASE,
    ) -> None:
        super().__init__()
        c = [0, *widths(width, base)]
        self.levels, self.norm_p, self.pool = len(base), norm_p, pool
        self.depth = [0] + [channel_depth(n, c_k) for n in c[1:]]
        levels, coarse = range(1, self.levels + 1), range(2, self.levels + 1)
        inner = {(l, k): c[l] >> k for l in levels for k in range(self.depth[l] + 1)}
        if any(c[l] % 2**k for l, k in inner):
            raise ValueError("channels cannot be halved that often")

        def smoother(l: int, k: int) -> nn.Conv2d:
            n = inner[l, k]
            return grouped(n, n, g_s if k < self.depth[l] else n)

        def transfer(l: int, k_in: int, k_out: int) -> nn.Conv2d:
            return grouped(inner[l, k_in], inner[l, k_out], 2, k=1)

        below = [(l, k) for l, k in inner if k > 0]
        self.theta = conv(in_channels, c[1], stem)
        self.A = Family({(l, k): smoother(l, k) for l, k in inner})
        self.B = Family({(l, k): smoother(l, k) for l, k in inner})
        self.R = Family({l: depthwise(c[l - 1], c[l], stride=2) for l in coarse})
        self.Pi = Family({l: depthwise(c[l - 1], c[l], stride=2) for l in coarse})
        self.Rc = Family({(l, k): transfer(l, k - 1, k) for l, k in below})
        self.Pic = Family({(l, k): transfer(l, k - 1, k) for l, k in below})
        self.Pc = Family({(l, k): transfer(l, k, k - 1) for l, k in below})
        self.R0, self.Pi0 = depthwise(c[1], c[1]), depthwise(c[1], c[1])
        self.W = nn.Linear(c[-1], classes)
        self.norms = norms([c[1]] + [n for l in levels for n in self._norm_uses(l, 0, c[l])])

    def _norm_uses(self, l: int, k: int, n: int) -> list[int]:
        """Channels of the norms in the channel cycle from level `k` down, in the order of use."""
        if k == self.depth[l]:
            return [n] * (2 * SOLVE)
        back = [n] * self.norm_p + [n] * (2 * POST)
        return [n] * (2 * PRE) + self._norm_uses(l, k + 1, n // 2) + back

    def _relax(self, l: int, k: int, u: Tensor, f: Tensor, times: int, norm: Norms) -> Tensor:
        for _ in range(times):
            r = relu(next(norm)(f - self.A[l, k](u)))
            u = u + relu(next(norm)(self.B[l, k](r)))
        return u

    def _channel_cycle(self, l: int, k: int, u: Tensor, f: Tensor, norm: Norms) -> Tensor:
        """One V-cycle from channel level `k`: u, f of [N, c_l / 2^k, n, n] to the new u."""
        if k == self.depth[l]:
            return self._relax(l, k, u, f, SOLVE, norm)
        u = self._relax(l, k, u, f, PRE, norm)
        u_start = self.Pic[l, k + 1](u)
        f_below = self.Rc[l, k + 1](f - self.A[l, k](u)) + self.A[l, k + 1](u_start)
        u_below = self._channel_cycle(l, k + 1, u_start, f_below, norm)
        e = self.Pc[l, k + 1](u_below - u_start)
        u = u + (next(norm)(e) if self.norm_p else e)
        return self._relax(l, k, u, f, POST, norm)

    def forward(self, image: Tensor) -> Tensor:
        norm = iter(self.norms)
        f = relu(next(norm)(self.theta(image)))
        f = maxpool(f) if self.pool else f
        u = torch.zeros_like(f)
        for l in range(1, self.levels + 1):
            if l > 1:
                r = relu(f - self.A[l - 1, 0](u))
                u = self.Pi[l](u)
                f = self.R[l](r) + self.A[l, 0](u)
            u = self._channel_cycle(l, 0, u, f, norm)
        return self.W(avgpool(u))


def exact_count(
    width: float = 1,
    c_k: int = 64,
    g_s: int = 64,
    norm_p: bool = False,
    in_channels: int = 3,
    classes: int = 100,
    stem: int = 3,
    pool: bool = False,
    base: Sequence[int] = BASE,
) -> int:
    """Weights by arithmetic: a sum over resolution levels and, in each, over channel levels."""
    c = widths(width, base)
    total = stem**2 * in_channels * c[0] + 2 * c[0]  # stem and its norm
    total += 2 * 9 * sum(c)  # R, Pi of levels 2..L and R0, Pi0 of level 1
    for n in c:
        while n // 2 >= c_k:
            total += 2 * 9 * n * g_s + (PRE + POST) * 2 * 2 * n  # A, B and two norms per step
            total += 2 * n * norm_p  # norm behind Pc
            total += 3 * n  # Rc, Pic: n/2 * 2; Pc: n * 1
            n //= 2
        total += 2 * 9 * n * n + SOLVE * 2 * 2 * n
    return total + (c[-1] + 1) * classes
