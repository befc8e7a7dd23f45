"""What a training step takes on a GPU: as it is, as one CUDA graph, and compiled besides.

    python bench/gpu_steps.py
    python bench/gpu_steps.py --networks mgnet mgiad:g4_cK32 --batch 128 --level 2 --plain

A step of `mgiad train` (forward, backward, optimiser) with the fast recipe, in bf16 and
channels_last, on one batch of random 3x32x32 images: milliseconds, the median of rounds. What
compiling and capturing took stands in seconds.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.runtime.load import load_compiled
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.loop.fit import batch_like, prepared
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.device import choose_device, hardware, versions
from mgiad_dsl.train.machine.precision import backends
from mgiad_dsl.train.recipes.recipe import Recipe, load_recipe
from mgiad_dsl.train.run.listeners import Quiet
from mgiad_dsl.train.tasks.classes import Classes

NETWORKS = ("mgnet", "mgiad", "mgiad:g4_cK32", "resnet18:cifar10")
WAYS = (("as it is", False, False), ("graph", False, True), ("compiled, graph", True, True))
STEPS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--level", type=int, default=2, help="of rewrites, 0 to 2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plain", action="store_true", help="nothing compiled")
    parser.add_argument("--device")
    args = parser.parse_args()
    device = choose_device(args.device)
    print(f"{hardware(device)}; torch {versions()['torch']}; batch {args.batch}; -O{args.level}")
    for network in args.networks:
        for way, compile, graph in WAYS[:2] if args.plain else WAYS:
            more = {"batch": args.batch, "lr": 0.01, "compile": compile, "cuda_graph": graph}
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            took, steps = measured(network, load_recipe("fast", more), device, args)
            memory = torch.cuda.max_memory_allocated() / 2**30 if device.type == "cuda" else 0
            middle, spread = statistics.median(steps), max(steps) - min(steps)
            print(
                f"{network:18s} {way:18s} {middle:8.2f} ms +-{spread:.2f}  "
                f"{args.batch / middle * 1e3:9,.0f} images/s{memory:7.2f} GiB{took:6.1f} s before",
                flush=True,
            )


def measured(
    network: str, recipe: Recipe, device: torch.device, args: argparse.Namespace
) -> tuple[float, list[float]]:
    """Seconds before the first step, and milliseconds of a step in each round."""
    data = fake(f"fake:3x32x32:10:{2 * recipe.batch}")
    feed: Feed = make_feed(data, recipe, data.shape, device, 0, 0)
    tree, variant = read(network)
    model = load_compiled(compile_tree(tree, variant, {}, args.level))
    began = time.perf_counter()
    with backends(recipe), prepared(model, feed, recipe, device, Quiet()):
        trainer = Trainer(model, Classes(recipe.label_smoothing), recipe, device, len(feed))
        batch = batch_like(feed)
        trainer.capture([batch], print)
        took = time.perf_counter() - began
        return took, [step_time(trainer, batch, device) for _ in range(args.rounds + 1)][1:]


def step_time(trainer: Trainer, batch: tuple, device: torch.device) -> float:
    """Milliseconds of a step."""
    began = time.perf_counter()
    for _ in range(STEPS):
        trainer.step([batch])
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - began) / STEPS * 1e3


if __name__ == "__main__":
    main()
