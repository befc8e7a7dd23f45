"""What an emitted file needs beside torch: classes and functions of its own, where it uses them."""

from __future__ import annotations

from mgiad_dsl.graph import ops
from mgiad_dsl.outline.program import Program

_STENCIL = '''
class Stencil{n}d(nn.Module):
    """One stencil applied to every channel: a weight if it is learnable, else a buffer."""

    def __init__(
        self,
        rows: {rows},
        learnable: bool,
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        transposed: bool = False,
    ) -> None:
        super().__init__()
        weight = torch.tensor(rows, dtype=torch.get_default_dtype())
        if learnable:
            self.weight = nn.Parameter(weight)
        else:
            self.register_buffer("weight", weight)
        self.geometry = {"stride": stride, "padding": padding, "dilation": dilation}
        self.transposed = transposed

    def forward(self, x: Tensor, output_padding: int | tuple[int, ...] = 0) -> Tensor:
        channels = x.shape[1]
        weight = self.weight.expand(channels, 1, *self.weight.shape)
        if not self.transposed:
            return F.conv{n}d(x, weight, groups=channels, **self.geometry)
        return F.conv_transpose{n}d(
            x, weight, groups=channels, output_padding=output_padding, **self.geometry
        )
'''

# Where a stencil of the network has another boundary than zeros.
_BOUNDARY = (
    (
        "        transposed: bool = False,\n    )",
        '        transposed: bool = False,\n        boundary: str = "zeros",\n    )',
    ),
    (
        "        self.transposed = transposed\n",
        """        self.transposed = transposed
        self.boundary = boundary
        if boundary != "zeros":
            width = (padding,) * {n} if isinstance(padding, int) else padding
            self.around = [each for each in reversed(width) for _ in range(2)]
            self.geometry["padding"] = 0
""",
    ),
    (
        "        channels = x.shape[1]\n",
        """        if self.boundary != "zeros":
            x = F.pad(x, self.around, mode=self.boundary)
        channels = x.shape[1]
""",
    ),
)

_LAYER_NORM = '''
class ChannelNorm(nn.LayerNorm):
    """Over the channels of each point, in the memory format of the input."""

    def forward(self, x: Tensor) -> Tensor:
        normed = super().forward(x.movedim(1, -1)).movedim(-1, 1)
        return normed if x.stride(1) == 1 else normed.contiguous()
'''

_DROP_PATH = '''
class DropPath(nn.Module):
    """Stochastic depth: in training a whole image is zero with probability p."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        kept = x.new_empty(x.shape[0], *(1 for _ in x.shape[1:])).bernoulli_(1 - self.p)
        return x * kept.div_(1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"
'''

SMALL_GROUPS = '''
class SmallGroups2d(nn.Conv2d):
    """Small groups of channels, several computed together, with zeros between: faster.

    ``together`` are so many on a CPU, and so many on a GPU.
    """

    def __init__(self, *sizes, together: tuple[int, int], **options) -> None:  # those of Conv2d
        super().__init__(*sizes, **options)
        self.together = together

    def forward(self, x: Tensor) -> Tensor:
        on_cpu, on_gpu = self.together
        n = on_cpu if x.is_cpu else on_gpu if x.is_cuda else 1
        if n == 1:
            return super().forward(x)
        groups, made = self.groups // n, self.weight.shape[0]
        blocks = self.weight.reshape(groups, n, made // self.groups, 1, *self.weight.shape[1:])
        own = torch.eye(n, dtype=blocks.dtype, device=blocks.device).view(1, n, 1, n, 1, 1, 1)
        weight = (blocks * own).reshape(made, -1, *self.weight.shape[2:])
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, groups)
'''

# `to` knows no such layout inside torch.vmap, and `contiguous` leaves one channel as it lies.
_CHANNELS_LAST = '''
def channels_last(x: Tensor) -> Tensor:
    """Images with channels last in memory on a CPU: convolutions answer so, in less time.

    Compilers choose by themselves, and what is exported runs elsewhere.
    """
    if torch.compiler.is_compiling() or not x.is_cpu or x.stride(1) == 1:
        return x
    return x.movedim(1, -1).clone(memory_format=torch.contiguous_format).movedim(-1, 1)
'''

_LISTS = '''
def lists(make: Callable[[], nn.Module], count: int, *counts: int) -> nn.ModuleList:
    """New modules in lists in lists: ``lists(make, 2, 3)`` is two lists of three."""
    return nn.ModuleList(lists(make, *counts) if counts else make() for _ in range(count))
'''


def helpers(program: Program, lists: bool) -> list[str]:
    """The classes, and the function ``lists``, that the operators of a program need."""
    made = [group.op for members in program.families for group in members]
    ranks = sorted({len(op.kernel) for op in made if isinstance(op, ops.Stencil)})
    found = [_stencil(made, rank) for rank in ranks]
    found += [_LAYER_NORM] if any(isinstance(op, ops.LayerNorm) for op in made) else []
    found += [_DROP_PATH] if any(isinstance(op, ops.DropPath) for op in made) else []
    found += [SMALL_GROUPS] if small_groups(program) else []
    found += [_CHANNELS_LAST] if program.channels_last else []
    return found + ([_LISTS] if lists else [])


def _stencil(made: list[ops.Weighted], rank: int) -> str:
    """The class of stencils of a rank; with a boundary only where one of them has it."""
    text = _STENCIL
    stencils = [op for op in made if isinstance(op, ops.Stencil) and len(op.kernel) == rank]
    if any(op.boundary != "zeros" for op in stencils):
        for plain, bounded in _BOUNDARY:
            text = text.replace(plain, bounded)
    return text.replace("{n}", str(rank)).replace("{rows}", "list[" * rank + "float" + "]" * rank)


def small_groups(program: Program) -> bool:
    """Whether any convolution computes groups together."""
    groups = [group.op for members in program.families for group in members]
    return any(isinstance(op, ops.Conv) and op.joins for op in groups)


def stencil_class(op: ops.Stencil) -> str:
    """``Stencil2d``"""
    return f"Stencil{len(op.kernel)}d"


def conv_class(op: ops.Conv) -> str:
    """``Conv2d``, ``ConvTranspose2d``"""
    return f"{'ConvTranspose' if op.transposed else 'Conv'}{len(op.kernel)}d"
