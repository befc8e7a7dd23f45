"""How fast the emitted networks are at each level of optimisation, side by side.

`python bench/levels.py [SPEC ...]` prints, for a training step (forward and backward) and for
inference, the time at -O1 and -O2 against -O0: medians of rounds in which the levels take turns,
on one CPU thread, in float32, after a warm round; and the multiply-accumulates in the same way.

`--inference` prints instead what `mgiad compile --inference` gains: the norms that it folds, and
the time of inference at -O1 and -O2 against the same without it. `--channels-last` prints the
time with channels last in memory, which -O2 does by itself and at -O1 is done by hand, against the
same with images as PyTorch makes them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from turns import Run, inference, ratios, step

from mgiad_dsl.compiler import Compiled, compile_tree, read
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import BatchNorm
from mgiad_dsl.rewrite import LEVELS, stages
from mgiad_dsl.rewrite.channels_last import put_channels_last
from mgiad_dsl.rewrite.levels import Rewrite
from mgiad_dsl.runtime import load

SPECS = ("mgnet", "mgiad", "mgiad:g4_cK32", "mgnet_grouped", "unet_mg", "resnet18:cifar10")
LAID_OUT = ("digits", *SPECS, "mgic")
FOLDED = ("resnet18:cifar10", "mgic", "mgnet:A", "unet_mg", "mgiad")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("specs", nargs="*", metavar="SPEC")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--inference", action="store_true", help="what folding norms gains")
    instead.add_argument("--channels-last", action="store_true", help="what that layout gains")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.channels_last:
        title = "step -O1 | step -O2 | inference -O1 | inference -O2"
        _table(title, options.specs or LAID_OUT, _layout_cells, options)
    elif options.inference:
        _table("folded | -O1 | -O2", options.specs or FOLDED, _folding_cells, options)
    else:
        title = "MACs -O1 | MACs -O2 | step -O1 | step -O2 | inference -O1 | inference -O2"
        _table(title, options.specs or SPECS, _level_cells, options)


def _table(
    title: str,
    specs: Sequence[str],
    cells: Callable[[list[Compiled], argparse.Namespace], list[str]],
    options: argparse.Namespace,
) -> None:
    """A row for each network, of cells that are made of it at all levels."""
    print(f"| network | {title} |")
    print(f"|---|{'---|' * len(title.split('|'))}")
    for name in specs:
        tree, variant = read(name)
        levels = [compile_tree(tree, variant, {}, level) for level in LEVELS]
        print(f"| `{name}` | {' | '.join(cells(levels, options))} |", flush=True)


def _level_cells(levels: list[Compiled], options: argparse.Namespace) -> list[str]:
    columns = [
        [each.count.macs / levels[0].count.macs for each in levels],
        _ratios(levels, step, options),
        _ratios(levels, inference, options),
    ]
    return [f"{ratio:.2f}" for column in columns for ratio in column[1:]]


def _folding_cells(levels: list[Compiled], options: argparse.Namespace) -> list[str]:
    pairs = [[each, each.for_inference()] for each in levels[1:]]
    before, after = (_norms(each.network) for each in pairs[-1])
    times = [_ratios(pair, inference, options)[1] for pair in pairs]
    return [f"{before - after} of {before}", *(f"{ratio:.2f}" for ratio in times)]


def _layout_cells(levels: list[Compiled], options: argparse.Namespace) -> list[str]:
    by_hand = [torch.contiguous_format, torch.channels_last]
    pair = [_without(put_channels_last, levels[2]), levels[2]]
    found = [
        ratio
        for run in (step, inference)
        for ratio in (
            _ratios([levels[1]] * 2, run, options, by_hand)[1],
            _ratios(pair, run, options)[1],
        )
    ]
    return [f"{ratio:.2f}" for ratio in found]


def _without(last: Rewrite, compiled: Compiled) -> Compiled:
    """What would run without the last pass of a level."""
    passes = stages(compiled.written, compiled.level)
    *_, network = (made for pass_, made in passes if pass_ is not last)
    return replace(compiled, network=network)


def _norms(network: Network) -> int:
    return sum(isinstance(node.op, BatchNorm) for node in network.operations.values())


def _ratios(
    levels: list[Compiled],
    run: Run,
    options: argparse.Namespace,
    layouts: Sequence[torch.memory_format] = (torch.contiguous_format,) * len(LEVELS),
) -> list[float]:
    """The time of each level, in its layout, against that of the first one."""
    torch.manual_seed(0)
    shape = next(iter(levels[0].network.operations.values())).shape
    images = torch.randn(options.batch, *shape)
    given = {layout: images.to(memory_format=layout) for layout in layouts}
    layouts = layouts[: len(levels)]
    networks = [
        load(each.python, each.name).to(memory_format=layout)
        for each, layout in zip(levels, layouts, strict=True)
    ]
    return ratios(networks, run, [given[layout] for layout in layouts], options.rounds)


if __name__ == "__main__":
    main()
