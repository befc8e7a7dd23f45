"""How fast convolutions of small groups are, as they are and several groups together.

`python bench/groups.py` prints, for convolutions of a MGiaD at its sizes, the time with groups
joined until one has 8, 16 or 32 channels, or all (dense), against the convolution as it is:
the best of rounds in which they take turns, for a training step (forward and backward) and for
inference, batch 16, one CPU thread, float32. What `-O2` does about it is the rule in
mgiad_dsl/rewrite/together.py; what is in bold is what it chooses.

`--device cuda`: the same on a GPU, in channels_last, mixed precision with bf16, batch 256, each
captured as a CUDA graph. `--float32` is without mixed precision, `--contiguous` without
channels_last.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from mgiad_dsl.emit.helpers import SMALL_GROUPS
from mgiad_dsl.graph.ops import Conv
from mgiad_dsl.rewrite.together import joined
from mgiad_dsl.train.machine.capture import Captured
from mgiad_dsl.train.machine.device import choose_device, hardware

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
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--float32", action="store_true")
    parser.add_argument("--contiguous", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = torch.backends.cudnn.allow_tf32 = True
    device = choose_device(options.device)
    mixed = device.type == "cuda" and not options.float32
    print(f"{hardware(device)}; {'bf16' if mixed else 'float32'}", file=sys.stderr)
    names = [str(width) for width in WIDTHS] + ["dense"]
    heads = [f"{what} {name}" for what in ("step", "inference") for name in names]
    print(f"| convolution | {' | '.join(heads)} |")
    print(f"|---|{'---|' * len(heads)}")
    for given, made, groups, kernel, size in SHAPES:
        op = Conv(given, made, (kernel, kernel), padding=(kernel // 2,) * 2, groups=groups)
        images = torch.randn(16 if device.type == "cpu" else 256, given, size, size, device=device)
        if device.type == "cuda" and not options.contiguous:
            images = images.to(memory_format=torch.channels_last)
        with torch.autocast("cuda", torch.bfloat16, enabled=mixed):
            images = images.bfloat16() if mixed else images
            cells = [
                cell for run in (_step, _inference) for cell in _cells(op, images, run, options)
            ]
        what = f"{kernel}x{kernel}, {given // groups} -> {made // groups} channels, {groups} groups"
        print(f"| {what}, {size}x{size} | {' | '.join(cells)} |", flush=True)


def _cells(
    op: Conv,
    images: Tensor,
    run: Callable[[nn.Module, Tensor], object],
    options: argparse.Namespace,
) -> list[str]:
    """The time of each way against the convolution as it is; empty where that has as many."""
    least = max(op.channels_in, op.channels_out) // op.groups
    ways = {width: width // least for width in WIDTHS if width > least}
    ways |= {0: op.groups}
    runs = {n: _ready(run, _module(op, n), images) for n in (1, *ways.values())}
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(options.rounds):
        for together, go in runs.items():
            best[together] = min(best[together], _seconds(go, images.device))
    chosen = joined(op).together[images.is_cuda]
    cells = []
    for width in (*WIDTHS, 0):
        together = ways.get(width)
        ratio = "" if together is None else f"{best[together] / best[1]:.2f}"
        cells.append(f"**{ratio}**" if together == chosen else ratio)
    return cells


def _ready(
    run: Callable[[nn.Module, Tensor], object], module: nn.Module, images: Tensor
) -> Callable[[], object]:
    if not images.is_cuda:
        return partial(run, module, images)
    layout = (
        torch.channels_last
        if images.is_contiguous(memory_format=torch.channels_last)
        else torch.contiguous_format
    )
    module.to(images.device, memory_format=layout)
    return Captured(module, partial(run, module), [images]).graph.replay


def _seconds(go: Callable[[], object], device: torch.device) -> float:
    """Of one run; on a GPU the mean of ten."""
    began, times = time.perf_counter(), 1 if device.type == "cpu" else 10
    for _ in range(times):
        go()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - began) / times


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
    extra = {"together": (together, together)} if together > 1 else {}
    return kind(op.channels_in, op.channels_out, op.kernel, **options, **extra)


def _step(module: nn.Module, images: Tensor) -> object:
    made = module(images.requires_grad_())
    given = [images, *module.parameters()]
    return torch.autograd.grad(made, given, torch.ones_like(made))


@torch.no_grad()
def _inference(module: nn.Module, images: Tensor) -> object:
    return module(images)


if __name__ == "__main__":
    main()
