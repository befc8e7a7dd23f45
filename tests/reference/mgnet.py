# ruff: noqa: E741  # levels are called l, as in the equations
"""MgNet as the MGiaD authors configure it.

J. He and J. Xu, MgNet: a unified framework of multigrid and convolutional neural network, Science
China Mathematics 2019 (arXiv 1901.10415), in the configuration of A. van Betteray, M. Rottmann and
K. Kahl, ICCV Workshop 2023 (arXiv 2211.05525), and of their Poly-MgNet code.

On level l, with data f and features u of c_l channels:

    smooth    u    <- u + relu(norm(B(relu(norm(f - A u)))))
    coarsen   u'   =  Pi u                                       depthwise 3x3, stride 2
              f'   =  R relu(f - A u) + A' u'                    depthwise 3x3, stride 2
    output    W mean(u_L)

A is shared by all steps of a level; B too (`share_b`, MgNet^AB) or one per step (MgNet^A). `R0`
and `Pi0` are declared on the finest level and never applied, as in the authors' code (`dead`); the
printed counts include them. In other dimensions kernels are 3 wide in each.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from .parts import Family, avgpool, conv, depthwise, maxpool, norms, widths

BASE = (64, 128, 256, 256)


class MgNet(nn.Module):
    """Images [N, in_channels, n, n] to logits [N, classes]; of other `dimension`s likewise."""

    def __init__(
        self,
        width: float = 1,
        steps: int = 2,
        share_b: bool = True,
        in_channels: int = 3,
        classes: int = 10,
        stem: int = 3,
        pool: bool = False,
        base: Sequence[int] = BASE,
        dimension: int = 2,
        dead: bool = True,
    ) -> None:
        super().__init__()
        self.channels = c = [0, *widths(width, base)]  # c[l], levels count from 1
        self.levels = len(base)
        self.steps, self.share_b, self.pool = steps, share_b, pool
        levels, coarse = range(1, self.levels + 1), range(2, self.levels + 1)

        self.dimension = dimension
        self.theta = conv(in_channels, c[1], stem, dimension=dimension)
        self.A = Family({l: self.smoother_conv(c[l]) for l in levels})
        self.B = Family({(l, b): self.smoother_conv(c[l]) for l in levels for b in self.b_indices})
        self.R = Family({l: depthwise(c[l - 1], c[l], 2, dimension) for l in coarse})
        self.Pi = Family({l: depthwise(c[l - 1], c[l], 2, dimension) for l in coarse})
        if dead:
            self.R0, self.Pi0 = (depthwise(c[1], c[1], dimension=dimension) for _ in range(2))
        self.W = nn.Linear(c[-1], classes)
        used = [c[1]] + [c[l] for l in levels for _ in range(2 * steps)]
        self.norms = norms(used, dimension)

    def smoother_conv(self, c: int) -> nn.Module:
        """What A and B of a level with `c` channels are."""
        return conv(c, c, dimension=self.dimension)

    @property
    def b_indices(self) -> list[int]:
        return [1] if self.share_b else list(range(1, self.steps + 1))

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
                b = self.B[l, 1 if self.share_b else i]
                r = relu(next(norm)(f - self.A[l](u)))
                u = u + relu(next(norm)(b(r)))
        return self.W(avgpool(u))


def exact_count(
    width: float = 1,
    steps: int = 2,
    share_b: bool = True,
    in_channels: int = 3,
    classes: int = 10,
    stem: int = 3,
    pool: bool = False,
    base: Sequence[int] = BASE,
    dimension: int = 2,
    dead: bool = True,
) -> int:
    """Weights by arithmetic; pooling has none."""
    c, k = widths(width, base), 3**dimension
    theta = stem**dimension * in_channels * c[0]
    smoothers = sum((1 + (1 if share_b else steps)) * k * n * n for n in c)
    transfers = 2 * k * sum(c[1:]) + 2 * k * c[0] * dead  # R and Pi, then R0 and Pi0
    norm = 2 * c[0] + sum(2 * steps * 2 * n for n in c)
    return theta + smoothers + transfers + norm + (c[-1] + 1) * classes
