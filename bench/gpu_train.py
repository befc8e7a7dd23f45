"""Training speed side by side, in images per second, on random 3x32x32 images or CIFAR-10.

    python bench/gpu_train.py                   # mgnet, on a GPU, if there is one
    python bench/gpu_train.py --network mgiad
    python bench/gpu_train.py --quick           # a narrow network, for CPUs

Rows:

* published: the network written by hand (tests/reference), in a plain loop, DataLoader with PIL
  transforms, float32, batch 128
* tricks: the compiled network, everything of the fast recipe, fed by the same DataLoader
* mgiad train: the fast recipe and our loader, with light augmentation and with the paper's
* same batch: the fast recipe on one batch over and over: what the loader can at best reach

All rows are measured in turn, five times; the median counts. The aim on a GPU: at least 5 times
(a), and at least 0.95 of the same batch.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

import mgiad_dsl
from mgiad_dsl.train.api import prepare
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.data.sets import ImageSet, Where
from mgiad_dsl.train.data.transforms import PilImages, small_images
from mgiad_dsl.train.device import choose_device, hardware, set_backends, versions
from mgiad_dsl.train.feed import Feed
from mgiad_dsl.train.progress import Quiet
from mgiad_dsl.train.recipe import AUGMENTATIONS, Recipe, load_recipe
from mgiad_dsl.train.trainer import Trainer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.reference.mgiad import MGiaD
from tests.reference.mgnet import MgNet

BY_HAND = {"mgnet": MgNet, "mgiad": MGiaD}


class Run(NamedTuple):
    """One row: what one step does, and the recipe it was made with."""

    recipe: Recipe
    step: Callable[[], None]


def main() -> None:
    args = arguments().parse_args()
    device = choose_device(args.device)
    data = open_data(args.data, Where(args.data_dir)) if args.data else fake("fake:3x32x32:10:5120")
    batch = args.batch or (32 if args.quick else 512)
    fast = load_recipe("fast", {"batch": batch, "compile": not args.quick})
    print(f"{hardware(device)}; torch {versions()['torch']}; {data.name}; batch {batch}")
    steps = args.steps or (5 if args.quick else 100)
    made, memory = {}, {}
    for name, make in rows_to_measure(args, data, fast, device):
        torch.manual_seed(0)
        made[name], memory[name] = warmed_up(make, steps, device)
    rounds = [{name: measure(run, steps, device) for name, run in made.items()} for _ in range(5)]
    rows = {}
    for name in made:
        speed = statistics.median(each[name] for each in rounds)
        rows[name] = {"images_per_second": speed, "memory_GiB": memory[name]}
        print(f"{name:28s} {speed:12,.0f} images/s {memory[name]:8.2f} GiB", flush=True)
    if args.profile:
        args.profile.write_text(profiled(made["mgiad train, paper's"]))
    if args.json:
        content = {"hardware": hardware(device), "versions": versions(), "rows": rows}
        args.json.write_text(json.dumps(content, indent=2) + "\n")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Training speed side by side.")
    parser.add_argument("--network", choices=BY_HAND, default="mgnet")
    parser.add_argument("--data", help="cifar10; default: random images")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--device")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, help="in each of five rounds, after a warm-up")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument(
        "--quick", action="store_true", help="few steps of a narrow network, no compilation"
    )
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    parser.add_argument("--profile", type=Path, help="write what bounds `mgiad train` there")
    return parser


def rows_to_measure(
    args: argparse.Namespace, data: ImageSet, fast: Recipe, device: torch.device
) -> Iterator[tuple[str, Callable[[], Run]]]:
    """Names and what makes the step of each."""
    paper = fast.model_copy(update=AUGMENTATIONS["paper"])
    published = load_recipe("paper", {"batch": fast.batch} if args.quick else {})
    workers = 0 if args.quick else args.workers

    size = {"classes": len(data.classes), "width": 0.125 if args.quick else 1}

    def network() -> nn.Module:
        return mgiad_dsl.compile(args.network, **size)

    def feed(recipe: Recipe) -> Feed:
        return make_feed(data, recipe, data.shape, device, 0, workers)

    slow = paper.model_copy(update={"augment_on": "workers"})
    by_hand = BY_HAND[args.network]
    yield "published (a)", lambda: plain_step(by_hand(**size), data, published, device, workers)
    yield "tricks, DataLoader (b)", lambda: our_step(network(), feed(slow), fast, device)
    yield "mgiad train, light", lambda: our_step(network(), feed(fast), fast, device)
    yield "mgiad train, paper's", lambda: our_step(network(), feed(paper), fast, device)
    yield "same batch", lambda: our_step(network(), Same(feed(fast)), fast, device)


class Same:
    """A feed that gives its first batch over and over."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.batch = next(iter(feed.epoch(0)))

    def __len__(self) -> int:
        return len(self.feed)

    def epoch(self, epoch: int, start: int = 0) -> Iterator:
        return repeat(self.batch, len(self) - start)

    def size(self) -> int:
        return self.feed.size()

    def example(self) -> torch.Tensor:
        return self.feed.example()

    def compile(self, say: Callable[[str], None]) -> None:
        """One batch is made once."""


def our_step(model: nn.Module, feed: Feed, recipe: Recipe, device: torch.device) -> Run:
    """A step as ``mgiad train`` does it."""
    set_backends(recipe, deterministic=False)  # compiled code depends on it
    prepare(model, feed, recipe, device, Quiet())
    trainer = Trainer(model, recipe, device, len(feed))
    batches = endless(feed.epoch)
    return Run(recipe, lambda: trainer.step([next(batches)]))


def plain_step(
    model: nn.Module, data: ImageSet, recipe: Recipe, device: torch.device, workers: int
) -> Run:
    """A step as a plain training script does it."""
    model.to(device).train()
    optimiser = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=1e-4)
    transform = small_images(recipe, data.shape[1:])
    mean, std = (torch.tensor(x).view(-1, 1, 1) for x in (data.mean, data.std))
    images = PilImages(data.train)

    def collate(items: list) -> tuple[torch.Tensor, torch.Tensor]:
        pixels = [(transform(image) / 255 - mean) / std for image, _ in items]
        return torch.stack(pixels), torch.tensor([label for _, label in items])

    loader = DataLoader(
        images, recipe.batch, shuffle=True, drop_last=True, num_workers=workers, collate_fn=collate
    )
    batches = endless(lambda epoch: iter(loader))

    def step() -> None:
        pixels, labels = next(batches)
        optimiser.zero_grad()
        loss = F.cross_entropy(model(pixels.to(device)), labels.to(device))
        loss.backward()
        optimiser.step()

    return Run(recipe, step)


def endless(epoch: Callable[[int], Iterator]) -> Iterator:
    number = 0
    while True:
        yield from epoch(number)
        number += 1


def warmed_up(make: Callable[[], Run], steps: int, device: torch.device) -> tuple[Run, float]:
    """A step that has run ``steps`` times, and the GPU memory it takes in GiB."""
    if device.type != "cuda":
        run = make()
        measure(run, steps, device)
        return run, 0.0
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    run = make()
    measure(run, steps, device)
    return run, (torch.cuda.max_memory_allocated(device) - before) / 2**30


def measure(run: Run, steps: int, device: torch.device) -> float:
    """Images per second."""
    set_backends(run.recipe, deterministic=False)
    wait(device)
    start = time.perf_counter()
    for _ in range(steps):
        run.step()
    wait(device)
    return steps * run.recipe.batch / (time.perf_counter() - start)


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def profiled(run: Run) -> str:
    """The operations of five steps by time."""
    set_backends(run.recipe, deterministic=False)
    with torch.profiler.profile() as profile:
        for _ in range(5):
            run.step()
    key = "self_cuda_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
    return profile.key_averages().table(sort_by=key, row_limit=30)


if __name__ == "__main__":
    main()
