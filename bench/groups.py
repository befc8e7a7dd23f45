"""How fast a CPU is at convolutions of small groups, as they are and several groups together.

`python bench/groups.py` prints, for convolutions of a MGiaD at its sizes, the time with groups
joined until one has 8, 16 or 32 channels, or all (dense), against the convolution as it is:
the best of rounds in which they take turns, for a training step (forward and backward) and for
inference, batch 16, one CPU thread, float32. What `-O2` does about it is the rule in
mgiad_dsl/rewrite/together.py; what is in bold is what it chooses.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from mgiad_dsl.emit.helpers import SMALL_GROUPS
from mgiad_dsl.graph.ops import Conv
from mgiad_dsl.rewrite.together import joined

# Channels in and out, groups, kernel, height and width.
SHAPES = (
    (64, 64, 64, 3, 32),
    (256, 256, 128, 3, 8),
    (64, 64, 16, 3, 32),
    (128, 128, 32, 3, 16),
    (256, 256, 64, 3, 8),
    (128, 128, 16, 3, 16),
    (256, 256, 16, 3, 8),
    (64, 128, 64, 1, 16),
    (256, 128, 128, 1, 8),
)
WIDTHS = (8, 16, 32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    names = [str(width) for width in WIDTHS] + ["dense"]
    heads = [f"{what} {name}" for what in ("step", "inference") for name in names]
    print(f"| convolution | {' | '.join(heads)} |")
    print(f"|---|{'---|' * len(heads)}")
    for given, made, groups, kernel, size in SHAPES:
        op = Conv(given, made, (kernel, kernel), padding=(kernel // 2,) * 2, groups=groups)
        cells = [cell for run in (_step, _inference) for cell in _cells(op, size, run, rounds)]
        what = f"{kernel}x{kernel}, {given // groups} -> {made // groups} channels, {groups} groups"
        print(f"| {what}, {size}x{size} | {' | '.join(cells)} |", flush=True)


def _cells(
    op: Conv, size: int, run: Callable[[nn.Module, Tensor], object], rounds: int
) -> list[str]:
    """The time of each way against the convolution as it is; empty where that has as many."""
    least = max(op.channels_in, op.channels_out) // op.groups
    ways = {width: width // least for width in WIDTHS if width > least}
    ways |= {0: op.groups}
    images = torch.randn(16, op.channels_in, size, size)
    modules = {1: _module(op, 1), **{n: _module(op, n) for n in ways.values()}}
    best = dict.fromkeys(modules, float("inf"))
    for _ in range(rounds):
        for together, module in modules.items():
            start = time.perf_counter()
            run(module, images)
            best[together] = min(best[together], time.perf_counter() - start)
    chosen = joined(op).together
    cells = []
    for width in (*WIDTHS, 0):
        together = ways.get(width)
        ratio = "" if together is None else f"{best[together] / best[1]:.2f}"
        cells.append(f"**{ratio}**" if together == chosen else ratio)
    return cells


def _module(op: Conv, together: int) -> nn.Module:
    """The class that emitted files have for it."""
    namespace: dict[str, object] = {}
    exec(
        "import torch\nfrom torch import Tensor, nn\nfrom torch.nn import functional as F",
        namespace,
    )
    exec(SMALL_GROUPS, namespace)
    kind = namespace["SmallGroups2d"] if together > 1 else nn.Conv2d
    options = {"padding": op.padding, "groups": op.groups, "bias": False}
    extra = {"together": together} if together > 1 else {}
    return kind(op.channels_in, op.channels_out, op.kernel, **options, **extra)


def _step(module: nn.Module, images: Tensor) -> None:
    made = module(images.requires_grad_())
    made.backward(torch.ones_like(made))


@torch.no_grad()
def _inference(module: nn.Module, images: Tensor) -> None:
    module(images)


if __name__ == "__main__":
    main()
