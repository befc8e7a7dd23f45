# ruff: noqa: E741  # levels are called l, as in the equations
"""MgNet in its original form, with dense transfers that are normed and activated.

J. He and J. Xu, Science China Mathematics 2019 (arXiv 1901.10415), Algorithm MgNet. On level l:

    smooth    u <- u + relu(norm(B(relu(norm(f - A u)))))
    coarsen   u' = relu(norm(Pi u))                              dense 3x3, stride 2
              f' = relu(norm(R (f - A u))) + A' u'               dense 3x3, stride 2

`[2,2,2,2]-256-B^l` names steps per level, channels and the sharing of B (`B^{l,i}`: one per step).

The authors' code (XuTeam/MgNet_Code, mgnet.py: CIFAR and MNIST only) has the same equations, a 3x3
stem with norm and relu, affine norms new at every use, no bias but in the linear head. This
configuration gives

    [2,2,2,2]-256-B^l, CIFAR-10, 3x3 stem
        A, B          2 * 4 * 9 * 256^2                      =  4,718,592
        R, Pi         2 * 3 * 9 * 256^2                      =  3,538,944
        stem          9 * 3 * 256                            =      6,912
        norms         (1 + 2 * 8 + 2 * 3) * 2 * 256          =     11,776
        head          257 * 10                               =      2,570
        total                                                   8,278,794    printed 8.2M: truncated

    [2,2,2,2]-256-B^{l,i}: 4 further B of 589,824                10,638,090

    [3,4,6,3]-[128,256,512,1024]-B^{l,i}, ImageNet, 7x7 stem
        A             9 * (128^2 + 256^2 + 512^2 + 1024^2)   = 12,533,760
        B             9 * (3*128^2 + 4*256^2 + 6*512^2 + 3*1024^2) = 45,268,992
        R, Pi         2 * 9 * (128*256 + 256*512 + 512*1024) = 12,386,304
        stem          49 * 3 * 128                           =     18,816
        norms         2*128 + 4*(3*128+4*256+6*512+3*1024) + 4*(256+512+1024) = 37,632
        head          1025 * 1000                            =  1,025,000
        total                                                  71,270,504    printed 71.3M, rounded

8.2M is a truncation: stem, A, B, R and Pi alone are 8,264,448, and a draft of the README beside the
authors' code prints 8.3M for the same net. 71.3M is a rounding. The ImageNet stem is not published;
a 3x3 stem would give 71,255,144, also 71.3M, so the count does not decide. Taken is ResNet's: 7x7,
stride 2, max pooling.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from .parts import Family, avgpool, conv, maxpool, norms


class HeXuMgNet(nn.Module):
    """Images [N, in_channels, n, n] to logits [N, classes]."""

    def __init__(
        self,
        steps: Sequence[int] = (2, 2, 2, 2),
        channels: Sequence[int] = (256, 256, 256, 256),
        share_b: bool = True,
        in_channels: int = 3,
        classes: int = 10,
        stem: int = 3,
        stem_stride: int = 1,
        pool: bool = False,
    ) -> None:
        super().__init__()
        c, self.steps, self.levels = [0, *channels], [0, *steps], len(steps)
        self.share_b, self.pool = share_b, pool
        levels, coarse = range(1, self.levels + 1), range(2, self.levels + 1)

        self.theta = conv(in_channels, c[1], stem, stem_stride)
        self.A = Family({l: conv(c[l], c[l]) for l in levels})
        self.B = Family({(l, b): conv(c[l], c[l]) for l in levels for b in self._b_indices(l)})
        self.R = Family({l: conv(c[l - 1], c[l], stride=2) for l in coarse})
        self.Pi = Family({l: conv(c[l - 1], c[l], stride=2) for l in coarse})
        self.W = nn.Linear(c[-1], classes)
        uses = [c[1]]
        for l in levels:
            uses += [c[l]] * (2 if l > 1 else 0)  # norms of Pi and R
            uses += [c[l]] * (2 * self.steps[l])
        self.norms = norms(uses)

    def _b_indices(self, l: int) -> range:
        return range(1, 2 if self.share_b else self.steps[l] + 1)

    def forward(self, image: Tensor) -> Tensor:
        norm = iter(self.norms)
        f = relu(next(norm)(self.theta(image)))
        f = maxpool(f) if self.pool else f
        u = torch.zeros_like(f)
        for l in range(1, self.levels + 1):
            if l > 1:
                r = f - self.A[l - 1](u)
                u = relu(next(norm)(self.Pi[l](u)))
                f = relu(next(norm)(self.R[l](r))) + self.A[l](u)
            for i in range(1, self.steps[l] + 1):
                b = self.B[l, 1 if self.share_b else i]
                r = relu(next(norm)(f - self.A[l](u)))
                u = u + relu(next(norm)(b(r)))
        return self.W(avgpool(u))


def exact_count(
    steps: Sequence[int] = (2, 2, 2, 2),
    channels: Sequence[int] = (256, 256, 256, 256),
    share_b: bool = True,
    in_channels: int = 3,
    classes: int = 10,
    stem: int = 3,
    stem_stride: int = 1,
    pool: bool = False,
) -> int:
    """Weights by arithmetic; stride and pooling have none."""
    c = list(channels)
    per_level = sum((1 + (1 if share_b else n)) * 9 * m * m for n, m in zip(steps, c, strict=True))
    transfers = 2 * sum(9 * fine * coarse for fine, coarse in pairwise(c))
    norm = 2 * c[0] + sum(4 * n * m for n, m in zip(steps, c, strict=True)) + 4 * sum(c[1:])
    theta = stem**2 * in_channels * c[0]
    return theta + per_level + transfers + norm + (c[-1] + 1) * classes
