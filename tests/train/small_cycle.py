"""A hand-made MGiaD-like network, of the shape of an emitted file."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def relax(u, f, A, B, norm):  # noqa: N803
    """One step u + B(f - A u)."""
    return u + F.relu(norm[1](B(F.relu(norm[0](f - A(u))))))


REGIONS = (relax,)


def norms(channels: int, count: int) -> nn.ModuleList:
    return nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(count))


class SmallCycle(nn.Module):
    """Two levels, two steps each, a channel cycle's grouped convolutions, dead weights."""

    def __init__(self, channels: int = 32, in_channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        c = channels
        self.theta = nn.Conv2d(in_channels, c, 3, padding=1, bias=False)
        self.norm = nn.ModuleDict({"start": norms(c, 1)})
        self.A, self.B, self.R, self.Pi = (nn.ModuleDict() for _ in range(4))
        for level in ("1", "2"):
            groups = c // 8 if level == "1" else 1
            self.A[level] = nn.Conv2d(c, c, 3, padding=1, groups=groups, bias=False)
            self.B[level] = nn.Conv2d(c, c, 3, padding=1, groups=groups, bias=False)
            self.norm[f"l{level}_pre"] = nn.ModuleList(norms(c, 2) for _ in range(2))
        self.R["2"] = nn.Conv2d(c, c, 3, stride=2, padding=1, groups=c, bias=False)
        self.Pi["2"] = nn.Conv2d(c, c, 3, stride=2, padding=1, groups=c, bias=False)
        self.R["0"] = nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False)  # never applied
        self.W = nn.Linear(c, classes)

    def forward(self, image: Tensor) -> Tensor:
        f = F.relu(self.norm["start"][0](self.theta(image)))
        u = torch.zeros_like(f)
        for level in ("1", "2"):
            if level == "2":
                residual = F.relu(f - self.A["1"](u))
                u = self.Pi["2"](u)
                f = self.R["2"](residual) + self.A["2"](u)
            for norm in self.norm[f"l{level}_pre"]:
                u = relax(u, f, self.A[level], self.B[level], norm)
        return self.W(u.mean(dim=(2, 3)))
