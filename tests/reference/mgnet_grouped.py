"""MgNet with grouped A and B: the baseline that loses accuracy (MGiaD, arXiv 2211.05525).

The network of mgnet.py whose smoother convolutions couple only `group_size` channels. The transfers
are depthwise anyway, so past the dense stem no operator mixes channels of different groups: nothing
but the head sees them all.
"""

from torch import nn

from . import mgnet
from .parts import grouped, widths


class GroupedMgNet(mgnet.MgNet):
    """Images [N, in_channels, n, n] to logits [N, classes]."""

    def __init__(self, group_size: int = 4, **config) -> None:
        self._group_size = group_size
        super().__init__(**config)

    def smoother_conv(self, c: int) -> nn.Conv2d:
        return grouped(c, c, self._group_size)


def exact_count(group_size: int = 4, **config) -> int:
    """MgNet's weights with c * group_size instead of c * c kernels in every A and B."""
    c = widths(config.get("width", 1), config.get("base", mgnet.BASE))
    copies = 1 + (1 if config.get("share_b", True) else config.get("steps", 2))
    saved = sum(copies * 9 * n * (n - group_size) for n in c)
    return mgnet.exact_count(**config) - saved
