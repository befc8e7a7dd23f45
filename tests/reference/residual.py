# ruff: noqa: E741  # levels are called l, as in the equations
"""Residual networks: torchvision's own, and the names of their tensors in the language of levels.

K. He, X. Zhang, S. Ren and J. Sun, Deep residual learning for image recognition, CVPR 2016;
S. Zagoruyko and N. Komodakis, Wide residual networks, BMVC 2016; S. Xie et al., Aggregated residual
transformations for deep neural networks, CVPR 2017. On CIFAR the stem is a 3x3 convolution with
stride 1 and without max pooling. As a smoother without data:

    smooth    u  <- relu(u + norm(B(relu(norm(A u)))))
    coarsen   u' =  relu(norm(Bd(relu(norm(Ad u)))) + norm(S u))      S 1x1

and with a third convolution, C and Cd, behind the second in the deeper ones, whose level 1 starts
with such a block as well. Step i of a level is torchvision's block i - 1.
"""

from itertools import pairwise

from torch import nn
from torchvision import models

BASE = (64, 128, 256, 512)
BLOCKS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "wide_resnet50_2": (3, 4, 6, 3),
    "resnext50_32x4d": (3, 4, 6, 3),
}
# channels of the 3x3 convolutions for one of BASE, and their groups
BOTTLENECKS = {"resnet50": (1, 1), "wide_resnet50_2": (2, 1), "resnext50_32x4d": (2, 32)}


def build(name: str = "resnet18", classes: int = 1000, cifar: bool = False) -> nn.Module:
    """Randomly initialised: images [N, 3, n, n] to logits [N, classes]."""
    net = models.get_model(name, weights=None, num_classes=classes)
    if cifar:
        net.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
        net.maxpool = nn.Identity()
    return net


def operator_names(name: str = "resnet18") -> dict[str, str]:
    """Operator by sharing index -> torchvision's module."""
    names = {"theta": "conv1", "W": "fc"}
    for l, i, path in _blocks(name):
        first = _comes_from_above(name, l, i)
        for number, letter in enumerate(_letters(name), 1):
            ours = f"{letter}d[{l}]" if first else f"{letter}[{l},{i}]"
            names[ours] = f"{path}.conv{number}"
        if first:
            names[f"S[{l}]"] = f"{path}.downsample.0"
    return names


def norm_names(name: str = "resnet18") -> list[str]:
    """torchvision's batch norms in the order of use, a coarsening block's shortcut last."""
    names = ["bn1"]
    for l, i, path in _blocks(name):
        names += [f"{path}.bn{number}" for number, _ in enumerate(_letters(name), 1)]
        names += [f"{path}.downsample.1"] * _comes_from_above(name, l, i)
    return names


def _blocks(name: str) -> list[tuple[int, int, str]]:
    """Level and step of each block, and where it stands in torchvision's network."""
    steps = enumerate(BLOCKS[name], 1)
    return [(l, i, f"layer{l}.{i - 1}") for l, n in steps for i in range(1, n + 1)]


def _comes_from_above(name: str, l: int, i: int) -> bool:
    return i == 1 and (l > 1 or name in BOTTLENECKS)


def _letters(name: str) -> str:
    return "ABC" if name in BOTTLENECKS else "AB"


def exact_count(name: str = "resnet18", classes: int = 1000, cifar: bool = False) -> int:
    """Weights by arithmetic."""
    total = (9 if cifar else 49) * 3 * BASE[0] + 2 * BASE[0]
    if name not in BOTTLENECKS:
        # all convolutions square, but for the first of a level and its shortcut
        total += sum(n * (2 * 9 * c * c + 4 * c) for n, c in zip(BLOCKS[name], BASE, strict=True))
        total += sum(9 * (a - c) * c + a * c + 2 * c for a, c in pairwise(BASE))
        return total + (BASE[-1] + 1) * classes
    wide, groups = BOTTLENECKS[name]
    above = BASE[0]
    for blocks, base in zip(BLOCKS[name], BASE, strict=True):
        h, c = wide * base, 4 * base
        total += blocks * (2 * c * h + 9 * h * h // groups + 2 * (h + h + c))
        total += (above - c) * h + above * c + 2 * c  # the first block, and its shortcut
        above = c
    return total + (above + 1) * classes
