# ruff: noqa: E741  # levels are called l, as in the equations
"""MobileNetV2: torchvision's own, and the names of its tensors in the language of levels.

M. Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018. Each row of
its Table 2 is a level:

    smooth    u  <- u + norm(P(relu6(norm(D(relu6(norm(E u)))))))          D depthwise 3x3
    coarsen   u' =  norm(Pd(relu6(norm(Dd(relu6(norm(Ed u)))))))           E and P 1x1

The stem and the only block that does not expand lead to level 1.
"""

from itertools import pairwise

from torch import nn
from torchvision.models import mobilenet_v2

BASE = (16, 24, 32, 64, 96, 160, 320)
BLOCKS = (1, 2, 3, 4, 3, 3, 1)


def build(width: float = 1, classes: int = 1000) -> nn.Module:
    """Randomly initialised: images [N, 3, n, n] to logits [N, classes]."""
    return mobilenet_v2(weights=None, width_mult=width, num_classes=classes)


def operator_names() -> dict[str, str]:
    """Operator by sharing index -> torchvision's module."""
    names = {
        "theta": "features.0.0",
        "Ds": "features.1.conv.0.0",
        "Ps": "features.1.conv.1",
        "T": "features.18.0",
        "W": "classifier.1",
    }
    for l, i, path in _blocks():
        of = f"d[{l}]" if i == 1 else f"[{l},{i}]"
        names |= {f"E{of}": f"{path}.0.0", f"D{of}": f"{path}.1.0", f"P{of}": f"{path}.2"}
    return names


def norm_names() -> list[str]:
    """torchvision's batch norms in the order of use."""
    inside = [f"{path}.{norm}" for _, _, path in _blocks() for norm in ("0.1", "1.1", "3")]
    return ["features.0.1", "features.1.conv.0.1", "features.1.conv.2", *inside, "features.18.1"]


def _blocks() -> list[tuple[int, int, str]]:
    """Level and step of each block that expands, and where it stands in torchvision's network."""
    steps = [(l, i) for l, n in enumerate(BLOCKS, 1) for i in range(1, n + 1)][1:]
    return [(l, i, f"features.{number}.conv") for number, (l, i) in enumerate(steps, 2)]


def exact_count(width: float = 1, classes: int = 1000) -> int:
    """Weights by arithmetic."""
    stem, *c = (_eights(width * n) for n in (32, *BASE))
    last = _eights(max(1, width) * 1280)
    total = 9 * 3 * stem + 2 * stem + 9 * stem + 2 * stem + stem * c[0] + 2 * c[0]
    total += sum(_block(a, b) for a, b in pairwise(c))
    total += sum((n - 1) * _block(b, b) for n, b in zip(BLOCKS, c, strict=True))
    return total + c[-1] * last + 2 * last + (last + 1) * classes


def _block(a: int, b: int) -> int:
    """A block from `a` channels to `b`, which works on six times `a`."""
    h = 6 * a
    return a * h + 2 * h + 9 * h + 2 * h + h * b + 2 * b


def _eights(n: float) -> int:
    """The nearest multiple of 8, or the next where that takes away more than a tenth."""
    near = max(8, int(n + 4) // 8 * 8)
    return near + 8 if near < 0.9 * n else near
