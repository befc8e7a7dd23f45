# ruff: noqa: E741  # levels are called l, as in the equations
"""U-Net: a way down, a way up, and the features of the former beside those of the latter.

O. Ronneberger, P. Fischer and T. Brox, U-Net: convolutional networks for biomedical image
segmentation, MICCAI 2015, Section 2 and Figure 1:

    down      x_l = relu(B_l relu(A_l x))            3x3, then a 2x2 max pool; channels double
    bottom    x_L = relu(C_L relu(T x))
    up        x_l = relu(C_l relu(M_l [crop x_l, P_{l+1} x_{l+1}]))      P transposed, 2x2, stride 2

and a 1x1 convolution H to the classes. All convolutions have biases. The paper's are not padded,
and the features of the way down lose as many points on each side as it takes to fit. Dropout ends
the way down, on its last two levels.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, max_pool2d, relu

from .parts import Family


class UNet(nn.Module):
    """Images [N, in_channels, n, n] to maps [N, classes, m, m]; `m = n` where `padded`."""

    def __init__(
        self,
        base: int = 64,
        depth: int = 5,
        padded: bool = True,
        p: float = 0,
        in_channels: int = 1,
        classes: int = 2,
    ) -> None:
        super().__init__()
        c = [in_channels, *(base << l for l in range(depth))]
        above = range(1, depth)
        self.depth = depth

        def three(inputs: int, outputs: int) -> nn.Conv2d:
            return nn.Conv2d(inputs, outputs, 3, padding=int(padded))

        self.A = Family({l: three(c[l - 1], c[l]) for l in above})
        self.B = Family({l: three(c[l], c[l]) for l in above})
        self.T = three(c[depth - 1], c[depth])
        self.P = Family({l + 1: nn.ConvTranspose2d(c[l + 1], c[l], 2, stride=2) for l in above})
        self.M = Family({l: three(2 * c[l], c[l]) for l in above})
        self.C = Family({l: three(c[l], c[l]) for l in range(1, depth + 1)})
        self.H = nn.Conv2d(c[1], classes, 1)
        self.p = p

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, self.training) if self.p else x

    def forward(self, image: Tensor) -> Tensor:
        kept = {}
        x = image
        for l in range(1, self.depth):
            x = relu(self.B[l](relu(self.A[l](x))))
            kept[l] = self._drop(x) if l == self.depth - 1 else x
            x = max_pool2d(kept[l], 2)
        x = self._drop(relu(self.C[self.depth](relu(self.T(x)))))
        for l in reversed(range(1, self.depth)):
            x = self.P[l + 1](x)
            x = torch.cat([centre(kept[l], x.shape[-1]), x], dim=1)
            x = relu(self.C[l](relu(self.M[l](x))))
        return self.H(x)


def centre(x: Tensor, n: int) -> Tensor:
    """The middle `n` by `n` points of every image."""
    edge = (x.shape[-1] - n) // 2
    return x[..., edge : edge + n, edge : edge + n]


def exact_count(
    base: int = 64,
    depth: int = 5,
    padded: bool = True,
    p: float = 0,
    in_channels: int = 1,
    classes: int = 2,
) -> int:
    """Weights by arithmetic; padding and dropout have none."""
    n = [base << l for l in range(depth)]
    down = sum(9 * a * b + 9 * b * b + 2 * b for a, b in zip([in_channels, *n], n, strict=False))
    up = sum(4 * 2 * a * a + a + 9 * 2 * a * a + 9 * a * a + 2 * a for a in n[:-1])
    return down + up + (base + 1) * classes
