# ruff: noqa: E741  # levels are called l, as in the equations
"""The networks of packaged_mgnet.py by hand: all smoothers, on any number of levels.

Jacobi and damped Jacobi equal the package; Chebyshev equals it on one level and goes on where the
package crashes: a coarser level starts with `old` = its u, and w = 1 (a Jacobi step) at the start.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from .parts import Family, Scalars, avgpool, conv, maxpool, norms


class SmootherMgNet(nn.Module):
    """Images [N, in_channels, n, n] to logits [N, classes]."""

    def __init__(
        self,
        smoother: str,
        steps: Sequence[int] = (2, 2, 2, 2),
        channels: int = 128,
        in_channels: int = 3,
        classes: int = 10,
    ) -> None:
        super().__init__()
        c, self.steps, self.levels, self.smoother = channels, [0, *steps], len(steps), smoother
        levels, coarse = range(1, self.levels + 1), range(2, self.levels + 1)
        every = [(l, i) for l in levels for i in range(1, self.steps[l] + 1)]

        self.theta = nn.Conv2d(in_channels, c, 3, padding=3, bias=False)
        self.A = Family({l: conv(c, c) for l in levels})
        self.B = Family({(l, i): conv(c, c) for l, i in every})
        self.R = Family({l: conv(c, c, stride=2) for l in coarse})
        self.Pi = Family({l: conv(c, c, stride=2) for l in coarse})
        self.acceleration = Scalars(every if smoother == "damped_jacobi" else [], 1)
        self.w = Scalars(every if smoother == "chebyshev" else [], 1)
        self.W = nn.Linear(c, classes)
        self.norms = norms([c] * (1 + 2 * len(every) + 2 * len(coarse)))

    def forward(self, image: Tensor) -> Tensor:
        norm = iter(self.norms)
        f = maxpool(relu(next(norm)(self.theta(image))))
        u = old = torch.zeros_like(f)
        for l in range(1, self.levels + 1):
            if l > 1:
                r = f - self.A[l - 1](u)
                u = old = relu(next(norm)(self.Pi[l](u)))
                f = relu(next(norm)(self.R[l](r) + self.A[l](u)))
            for i in range(1, self.steps[l] + 1):
                e = self.B[l, i](relu(next(norm)(f - self.A[l](u))))
                if self.smoother == "damped_jacobi":
                    e = self.acceleration[l, i].sigmoid() * e
                e = relu(next(norm)(e))
                if self.smoother == "chebyshev":
                    w = self.w[l, i]
                    u, old = u + w * e + (1 - w) * old, u
                else:
                    u = u + e
        return self.W(avgpool(u))
