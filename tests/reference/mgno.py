# ruff: noqa: E741  # levels are called l, as in the equations
"""MgNO: layers whose linear operator is a V-cycle.

J. He, X. Liu and J. Xu, MgNO: efficient parameterization of linear operators via multigrid, ICLR
2024 (arXiv 2310.19809). A layer maps f to act(W f + B f). W f is the u of the finest level after a
cycle:

    relax     u <- u + S(f - A u)                    S and A of one step; at first u = S f
    down      u' = Pi u,  f' = R f                   or f' = R(f - Ar u), with `residual`
    up        u <- u + P u'

Kernels are 3x3 but for P's, 4x4 to an even number of points and 3x3 to an odd one, and B's, 1x1
with a bias; after the authors' code (xlliu2017/MgNO, MgNO_DC and MgNO_DC_smooth). Nothing is
shared.
"""

from torch import Tensor, nn
from torch.nn.functional import gelu

from .parts import Family


class MgNO(nn.Module):
    """Coefficients [N, in_channels, n, n] to solutions [N, 1, n, n]."""

    def __init__(
        self,
        width: int = 24,
        layers: int = 4,
        levels: int = 6,
        steps: int = 1,
        coarsest_steps: int = 2,
        post: int = 0,
        residual: bool = False,
        in_channels: int = 1,
        size: int = 256,
        around: str = "zeros",
    ) -> None:
        super().__init__()
        self.layers, self.levels, self.residual = layers, levels, residual
        self.before = {l: steps if l < levels else coarsest_steps for l in range(1, levels + 1)}
        self.after = {l: post if l < levels else 0 for l in range(1, levels + 1)}
        c = [in_channels] + [width] * layers
        points = [size]
        for _ in range(levels - 1):
            points.append((points[-1] + 1) // 2)
        across = range(1, layers + 1)
        steps_of = [
            (t, l, i)
            for t in across
            for l in range(1, levels + 1)
            for i in range(1, self.before[l] + self.after[l] + 1)
        ]
        below = [(t, l) for t in across for l in range(2, levels + 1)]

        def three(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False, padding_mode=around)

        def up(t: int, l: int) -> nn.ConvTranspose2d:
            k = 3 if points[l - 2] % 2 else 4
            return nn.ConvTranspose2d(c[t], c[t], k, 2, 1, bias=False)

        later = [at for at in steps_of if at[1:] != (1, 1)]  # the first step of a layer needs no A
        self.S = Family({at: three(c[at[0] - 1], c[at[0]]) for at in steps_of})
        self.A = Family({at: three(c[at[0]], c[at[0] - 1]) for at in later})
        self.R = Family({at: three(c[at[0] - 1], c[at[0] - 1], 2) for at in below})
        self.Pi = Family({at: three(c[at[0]], c[at[0]], 2) for at in below})
        self.P = Family({at: up(*at) for at in below})
        if residual:
            self.Ar = Family({(t, l - 1): three(c[t], c[t - 1]) for t, l in below})
        self.B = Family({t: nn.Conv2d(c[t - 1], c[t], 1) for t in across})
        self.H = nn.Conv2d(c[-1], 1, 1, bias=False)

    def _relax(self, t: int, l: int, i: int, u: Tensor | None, f: Tensor) -> Tensor:
        if u is None:
            return self.S[t, l, i](f)
        return u + self.S[t, l, i](f - self.A[t, l, i](u))

    def _cycle(self, t: int, l: int, u: Tensor | None, f: Tensor) -> Tensor:
        """The V-cycle of layer `t` from level `l` downwards."""
        for i in range(1, self.before[l] + 1):
            u = self._relax(t, l, i, u, f)
        if l == self.levels:
            return u
        r = f - self.Ar[t, l](u) if self.residual else f
        u = u + self.P[t, l + 1](self._cycle(t, l + 1, self.Pi[t, l + 1](u), self.R[t, l + 1](r)))
        for i in range(self.before[l] + 1, self.before[l] + self.after[l] + 1):
            u = self._relax(t, l, i, u, f)
        return u

    def forward(self, a: Tensor) -> Tensor:
        f = a
        for t in range(1, self.layers + 1):
            f = gelu(self._cycle(t, 1, None, f) + self.B[t](f))
        return self.H(f)


def exact_count(
    width: int = 24,
    layers: int = 4,
    levels: int = 6,
    steps: int = 1,
    coarsest_steps: int = 2,
    post: int = 0,
    residual: bool = False,
    in_channels: int = 1,
    size: int = 256,
) -> int:
    """Weights by arithmetic."""
    relaxations = (levels - 1) * (steps + post) + coarsest_steps
    total = width
    for t in range(layers):
        f, u = in_channels if t == 0 else width, width
        total += 9 * f * u * (2 * relaxations - 1)  # S and A, without A of the first step
        total += (levels - 1) * 9 * (f * f + u * u + residual * f * u)  # R, Pi and Ar
        total += f * u + u  # B
        points = size
        for _ in range(levels - 1):
            total += (9 if points % 2 else 16) * u * u
            points = (points + 1) // 2
    return total
