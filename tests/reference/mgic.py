# ruff: noqa: E741  # levels are called l, as in the equations
"""MGIC: residual blocks whose convolutions are replaced by a hierarchy of channels.

M. Eliasof, J. Ephrath, L. Ruthotto and E. Treister, MGIC: Multigrid-in-Channels Neural Network
Architectures, SIAM J. Sci. Comput. 2023 (arXiv 2011.09128); details after the authors' code
(BGUCompSci/MultigridInChannelsCNNs, resnetMG.py, without bottleneck). One block, x_k of c / 2^k
channels:

    down      x_{k+1} = R_k x_k                    grouped 1x1, nothing is smoothed on the way down
    solve     x_K <- relu(x_K + norm(B(relu(norm(A x_K)))))              fully coupled 3x3
    correct   x_k <- x_k + norm(P_k (x_{k+1} - R_k x_k))                 grouped 1x1
    smooth    x_k <- relu(x_k + norm(B_k(relu(norm(A_k x_k)))))          grouped 3x3, size g_s

R_k, P_k, A_k and B_k belong to one block: nothing is shared. R and P have as many groups as A and B
of their finer level. Between resolutions stands x <- relu(norm(Pi x)), Pi depthwise 3x3 with
stride 2.

Two choices are ours. The network is ResNet18's (64 to 512 channels, two blocks a level). Channels
are halved while at least c_K remain, as in MGiaD; the authors' code always halves at least once and
goes on until fewer than its threshold `mgFcChannel` remain: its 2 c_K is our c_K where c > c_K.
"""

from collections.abc import Iterator, Sequence

from torch import Tensor, nn
from torch.nn.functional import relu

from .mgiad import channel_depth
from .parts import Family, avgpool, conv, depthwise, grouped, maxpool, norms, widths

BASE = (64, 128, 256, 512)
BLOCKS = 2
Norms = Iterator[nn.Module]


class MGIC(nn.Module):
    """Images [N, in_channels, n, n] to logits [N, classes]."""

    def __init__(
        self,
        width: float = 1,
        c_k: int = 32,
        g_s: int = 8,
        in_channels: int = 3,
        classes: int = 10,
        stem: int = 3,
        stem_stride: int = 1,
        pool: bool = False,
        base: Sequence[int] = BASE,
    ) -> None:
        super().__init__()
        c = [0, *widths(width, base)]
        self.levels, self.pool = len(base), pool
        self.depth = [0] + [channel_depth(n, c_k) for n in c[1:]]
        levels, blocks = range(1, self.levels + 1), range(1, BLOCKS + 1)
        inner = [(l, i, k) for l in levels for i in blocks for k in range(self.depth[l] + 1)]
        below = [(l, i, k) for l, i, k in inner if k > 0]

        def residual(l: int, k: int) -> nn.Conv2d:
            n = c[l] >> k
            return grouped(n, n, g_s if k < self.depth[l] else n)

        self.theta = conv(in_channels, c[1], stem, stem_stride)
        self.Pi = Family({l: depthwise(c[l - 1], c[l], stride=2) for l in levels if l > 1})
        self.A = Family({(l, i, k): residual(l, k) for l, i, k in inner})
        self.B = Family({(l, i, k): residual(l, k) for l, i, k in inner})
        self.Rc = Family(
            {(l, i, k): grouped(c[l] >> k - 1, c[l] >> k, g_s, 1) for l, i, k in below}
        )
        self.Pc = Family(
            {(l, i, k): grouped(c[l] >> k, c[l] >> k - 1, g_s, 1) for l, i, k in below}
        )
        self.W = nn.Linear(c[-1], classes)
        uses = [c[1]]
        for l in levels:
            uses += [c[l]] * (l > 1)
            for _ in blocks:
                uses += [c[l] >> self.depth[l]] * 2
                for k in reversed(range(self.depth[l])):
                    uses += [c[l] >> k] * 3
        self.norms = norms(uses)

    def _residual(self, l: int, i: int, k: int, x: Tensor, norm: Norms) -> Tensor:
        h = relu(next(norm)(self.A[l, i, k](x)))
        return relu(x + next(norm)(self.B[l, i, k](h)))

    def _block(self, l: int, i: int, x: Tensor, norm: Norms) -> Tensor:
        """One MGIC block: [N, c_l, n, n] to the same."""
        fine = [x]
        for k in range(1, self.depth[l] + 1):
            fine.append(self.Rc[l, i, k](fine[-1]))
        x = self._residual(l, i, self.depth[l], fine[-1], norm)
        for k in reversed(range(self.depth[l])):
            e = x - fine[k + 1]
            x = fine[k] + next(norm)(self.Pc[l, i, k + 1](e))
            x = self._residual(l, i, k, x, norm)
        return x

    def forward(self, image: Tensor) -> Tensor:
        norm = iter(self.norms)
        x = relu(next(norm)(self.theta(image)))
        x = maxpool(x) if self.pool else x
        for l in range(1, self.levels + 1):
            if l > 1:
                x = relu(next(norm)(self.Pi[l](x)))
            for i in range(1, BLOCKS + 1):
                x = self._block(l, i, x, norm)
        return self.W(avgpool(x))


def exact_count(
    width: float = 1,
    c_k: int = 32,
    g_s: int = 8,
    in_channels: int = 3,
    classes: int = 10,
    stem: int = 3,
    stem_stride: int = 1,
    pool: bool = False,
    base: Sequence[int] = BASE,
) -> int:
    """Weights by arithmetic: every block pays for every channel level."""
    c = widths(width, base)
    total = stem**2 * in_channels * c[0] + 2 * c[0]
    total += sum(9 * n + 2 * n for n in c[1:])  # Pi and its norm
    for n in c:
        while n // 2 >= c_k:
            total += BLOCKS * 2 * 9 * n * g_s  # A and B
            total += BLOCKS * (n // 2 * g_s + n * g_s // 2)  # Rc and Pc: n / g_s groups both
            total += BLOCKS * 3 * 2 * n  # norms of Pc, A and B
            n //= 2
        total += BLOCKS * (2 * 9 * n * n + 2 * 2 * n)
    return total + (c[-1] + 1) * classes
