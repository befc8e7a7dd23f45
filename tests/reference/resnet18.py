# ruff: noqa: E741  # levels are called l, as in the equations
"""ResNet18: torchvision's own, and the names of its tensors in the language of levels.

K. He et al., Deep residual learning for image recognition, CVPR 2016. On CIFAR the stem is a 3x3
convolution with stride 1 and without max pooling. As a smoother without data:

    smooth    u  <- relu(u + norm(B(relu(norm(A u)))))
    coarsen   u' =  relu(norm(Bd(relu(norm(Ad u)))) + norm(S u))      Ad 3x3, S 1x1, both stride 2

Level 1 has two smoothing blocks, the others one behind their coarsening block.
"""

from itertools import pairwise

from torch import nn
from torchvision.models import resnet18


def build(classes: int = 1000, cifar: bool = False) -> nn.Module:
    """Randomly initialised: images [N, 3, n, n] to logits [N, classes]."""
    net = resnet18(weights=None, num_classes=classes)
    if cifar:
        net.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
        net.maxpool = nn.Identity()
    return net


def operator_names() -> dict[str, str]:
    """Operator by sharing index -> torchvision's module."""
    names = {"theta": "conv1", "W": "fc"}
    for l in range(1, 5):
        if l > 1:
            names[f"Ad[{l}]"] = f"layer{l}.0.conv1"
            names[f"Bd[{l}]"] = f"layer{l}.0.conv2"
            names[f"S[{l}]"] = f"layer{l}.0.downsample.0"
        for i in range(1 if l == 1 else 2, 3):
            names[f"A[{l},{i}]"] = f"layer{l}.{i - 1}.conv1"
            names[f"B[{l},{i}]"] = f"layer{l}.{i - 1}.conv2"
    return names


def norm_names() -> list[str]:
    """torchvision's batch norms in the order of use, a coarsening block's shortcut last."""
    names = ["bn1"]
    for l in range(1, 5):
        names += [f"layer{l}.0.bn1", f"layer{l}.0.bn2"]
        names += [f"layer{l}.0.downsample.1"] * (l > 1)
        names += [f"layer{l}.1.bn1", f"layer{l}.1.bn2"]
    return names


def exact_count(classes: int = 1000, cifar: bool = False) -> int:
    """Weights by arithmetic: eight blocks of two 3x3 convolutions, three with a shortcut."""
    c = (64, 128, 256, 512)
    total = (9 if cifar else 49) * 3 * c[0] + 2 * c[0]
    total += sum(4 * 9 * n * n + 4 * 2 * n for n in c)  # two blocks, were all convolutions square
    for fine, coarse in pairwise(c):
        total += 9 * (fine - coarse) * coarse  # the first convolution starts from the finer level
        total += fine * coarse + 2 * coarse  # shortcut and its norm
    return total + (c[-1] + 1) * classes
