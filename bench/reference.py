"""MgNet written by hand in plain PyTorch, the yardstick of the benchmarks.

Configuration of van Betteray, Rottmann and Kahl (ICCV Workshop 2023): 2,750,666 weights with
10 classes, of which R0 and Pi0 are never applied.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS = (64, 128, 256, 256)
STEPS = 2


def relax(u: Tensor, f: Tensor, a: nn.Module, b: nn.Module, norms: nn.ModuleList) -> Tensor:
    """u + relu(norm(B relu(norm(f - A u))))."""
    return u + F.relu(norms[1](b(F.relu(norms[0](f - a(u))))))


REGIONS = (relax,)


class MgNet(nn.Module):
    """Images (n, 3, 32, 32) to logits (n, classes); ``width`` channels on the first level."""

    def __init__(self, classes: int = 10, width: int = 64) -> None:
        super().__init__()
        c = tuple(width * n // 64 for n in CHANNELS)
        pairs = list(pairwise(c))
        self.theta = conv(3, c[0])
        self.norm = nn.BatchNorm2d(c[0])
        self.A = nn.ModuleList(conv(n, n) for n in c)
        self.B = nn.ModuleList(conv(n, n) for n in c)
        self.R = nn.ModuleList(conv(m, n, stride=2, groups=m) for m, n in pairs)
        self.Pi = nn.ModuleList(conv(m, n, stride=2, groups=m) for m, n in pairs)
        self.R0, self.Pi0 = (conv(c[0], c[0], groups=c[0]) for _ in range(2))
        self.norms = nn.ModuleList(
            nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(n) for _ in "ab") for _ in range(STEPS))
            for n in c
        )
        self.W = nn.Linear(c[-1], classes)

    def forward(self, image: Tensor) -> Tensor:
        f = F.relu(self.norm(self.theta(image)))
        u = torch.zeros_like(f)
        for level in range(len(CHANNELS)):
            if level:
                residual = F.relu(f - self.A[level - 1](u))
                u = self.Pi[level - 1](u)
                f = self.R[level - 1](residual) + self.A[level](u)
            for step in range(STEPS):
                u = relax(u, f, self.A[level], self.B[level], self.norms[level][step])
        return self.W(u.mean(dim=(2, 3)))


def conv(channels_in: int, channels_out: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, stride, 1, groups=groups, bias=False)
