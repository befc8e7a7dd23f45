"""The few pieces the references share: convolutions, and operators kept by sharing index."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Index = int | tuple[int, ...]

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}  # by dimension
NORM = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
MAXPOOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVGPOOL = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


def conv(
    c_in: int, c_out: int, k: int = 3, stride: int = 1, groups: int = 1, dimension: int = 2
) -> Any:
    """A convolution without bias whose padding keeps the size at stride 1 (odd `k`)."""
    return CONV[dimension](c_in, c_out, k, stride, (k - 1) // 2, groups=groups, bias=False)


def depthwise(c_in: int, c_out: int, stride: int = 1, dimension: int = 2) -> Any:
    """A convolution 3 wide with `min(c_in, c_out)` groups."""
    return conv(c_in, c_out, 3, stride, min(c_in, c_out), dimension)


def grouped(c_in: int, c_out: int, group_size: int, k: int = 3) -> nn.Conv2d:
    """A convolution with `max(c_in, c_out) / group_size` groups."""
    wide = max(c_in, c_out)
    if wide % group_size:
        raise ValueError(f"group size {group_size} does not divide {wide} channels")
    return conv(c_in, c_out, k, groups=wide // group_size)


def norms(channels: Iterable[int], dimension: int = 2) -> nn.ModuleList:
    """One fresh batch norm per use, in the order of use."""
    return nn.ModuleList(NORM[dimension](c) for c in channels)


def maxpool(x: Tensor) -> Tensor:
    """Max pooling 3 wide with stride 2 and padding 1: [N, C, n, n] -> [N, C, ceil(n/2), ...]."""
    return MAXPOOL[x.ndim - 2](x, 3, stride=2, padding=1)


def avgpool(x: Tensor) -> Tensor:
    """The mean of every channel: [N, C, n, n] -> [N, C]."""
    return AVGPOOL[x.ndim - 2](x, 1).flatten(1)


def widths(width: float, base: Iterable[int]) -> list[int]:
    """Channels per level, `round(width * 64) * base / 64` (so 1.4 gives 90, 180, 360, 360)."""
    unit = round(width * 64)
    channels = [unit * b // 64 for b in base]
    if any(unit * b % 64 for b in base):
        raise ValueError(f"width {width} gives fractional channels")
    return channels


def _key(index: Index | str) -> str:
    if isinstance(index, tuple):
        return ",".join(map(str, index))
    return str(index)


class Family(nn.ModuleDict):
    """The operators of one name by sharing index: `A[l]`, `B[l, i]`."""

    def __init__(self, members: Mapping[Index, nn.Module]) -> None:
        super().__init__({_key(index): member for index, member in members.items()})

    def __getitem__(self, index: Index | str) -> nn.Module:
        return super().__getitem__(_key(index))


class Scalars(nn.ParameterDict):
    """Learnable numbers of one name by sharing index, each a parameter of one element."""

    def __init__(self, indices: Iterable[Index], start: float) -> None:
        super().__init__({_key(i): nn.Parameter(torch.tensor([float(start)])) for i in indices})

    def __getitem__(self, index: Index | str) -> Any:
        return super().__getitem__(_key(index))


def groups(net: nn.Module) -> dict[str, nn.Module | nn.Parameter]:
    """Everything of `net` that holds weights: `"theta"`, `"A[1]"`, `"B[1,2]"`, `"norm[0]"`, ..."""
    found: dict[str, nn.Module | nn.Parameter] = {}
    for name, child in net.named_children():
        if isinstance(child, nn.ModuleList):
            found |= {f"{name.removesuffix('s')}[{n}]": member for n, member in enumerate(child)}
        elif isinstance(child, (nn.ModuleDict, nn.ParameterDict)):
            found |= {f"{name}[{index}]": member for index, member in child.items()}
        else:
            found[name] = child
    return found


def numel(net: nn.Module) -> int:
    """The number of trainable elements, each tensor once."""
    return sum(p.numel() for p in net.parameters())
