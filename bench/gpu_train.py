"""Training speed side by side, in images per second, on random 3x32x32 images or CIFAR-10.

    python bench/gpu_train.py                      # on a GPU, if there is one
    python bench/gpu_train.py --quick              # a narrow network, for CPUs
    mgiad-compile mgiad --set classes=10 --emit python > mgiad.py
    python bench/gpu_train.py --network mgiad.py   # an emitted network

Rows:

* published: a plain loop, DataLoader with PIL transforms, float32, as the published code trains
* tricks: everything of the fast recipe, fed by the same DataLoader
* mgiad train: the fast recipe and our loader, with light augmentation and with the paper's
* same batch: the fast recipe on one batch over and over: what the loader can at best reach

The published row is (a), the tricks row (b) of the aim: ours at least 5 times (a), and at
least 0.95 of the same batch.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import torch
from reference import MgNet
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

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
from mgiad_dsl.train.runs import build
from mgiad_dsl.train.trainer import Trainer

Step = Callable[[], None]


def main() -> None:
    args = arguments().parse_args()
    device = choose_device(args.device)
    data = open_data(args.data, Where(args.data_dir)) if args.data else fake("fake:3x32x32:10:5120")
    batch = args.batch or (32 if args.quick else 512)
    fast = load_recipe("fast", {"batch": batch, "compile": not args.quick})
    print(f"{hardware(device)}; torch {versions()['torch']}; {data.name}; batch {batch}")
    rows = {}
    for name, make in rows_to_measure(args, data, fast, device):
        torch.manual_seed(0)
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        speed = measure(make(), args.steps or (3 if args.quick else 200), device) * batch
        peak = torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else 0.0
        rows[name] = {"images_per_second": speed, "memory_GiB": peak}
        print(f"{name:28s} {speed:12,.0f} images/s {peak:8.2f} GiB", flush=True)
    if args.json:
        content = {"hardware": hardware(device), "versions": versions(), "rows": rows}
        args.json.write_text(json.dumps(content, indent=2) + "\n")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Training speed side by side.")
    parser.add_argument("--network", type=Path, help="emitted file; default: MgNet by hand")
    parser.add_argument("--data", help="cifar10; default: random images")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--device")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, help="steps measured, after as many to warm up")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument(
        "--quick", action="store_true", help="few steps of a narrow network, no compilation"
    )
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    parser.add_argument("--profile", type=Path, help="write what bounds `mgiad train` there")
    return parser


def rows_to_measure(
    args: argparse.Namespace, data: ImageSet, fast: Recipe, device: torch.device
) -> Iterator[tuple[str, Callable[[], Step]]]:
    """Names and what makes the step of each."""
    paper = fast.model_copy(update=AUGMENTATIONS["paper"])
    published = load_recipe("paper", {"batch": fast.batch})
    workers = 0 if args.quick else args.workers

    def network() -> nn.Module:
        return (
            build(args.network)
            if args.network
            else MgNet(len(data.classes), 8 if args.quick else 64)
        )

    def feed(recipe: Recipe) -> Feed:
        return make_feed(data, recipe, data.shape, device, 0, workers)

    slow = paper.model_copy(update={"augment_on": "workers"})
    yield "published (a)", lambda: plain_step(network(), data, published, device, workers)
    yield "tricks, DataLoader (b)", lambda: our_step(network(), feed(slow), fast, device)
    yield "mgiad train, light", lambda: our_step(network(), feed(fast), fast, device)
    yield "mgiad train, paper's", lambda: our_step(network(), feed(paper), fast, device)
    yield "same batch", lambda: our_step(network(), Same(feed(fast)), fast, device)
    if args.profile:
        yield "profiled", lambda: profiled(our_step(network(), feed(paper), fast, device), args)


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


def our_step(model: nn.Module, feed: Feed, recipe: Recipe, device: torch.device) -> Step:
    """A step as ``mgiad train`` does it."""
    set_backends(recipe, deterministic=False)
    prepare(model, feed, recipe, device, Quiet())
    trainer = Trainer(model, recipe, device, len(feed))
    batches = endless(feed.epoch)
    return lambda: trainer.step([next(batches)])


def plain_step(
    model: nn.Module, data: ImageSet, recipe: Recipe, device: torch.device, workers: int
) -> Step:
    """A step as a plain training script does it."""
    set_backends(recipe, deterministic=False)
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
        loss.item()  # as scripts do to print it

    return step


def endless(epoch: Callable[[int], Iterator]) -> Iterator:
    number = 0
    while True:
        yield from epoch(number)
        number += 1


def measure(step: Step, steps: int, device: torch.device) -> float:
    """Steps per second, after as many to warm up."""
    for _ in range(steps):
        step()
    wait(device)
    start = time.perf_counter()
    for _ in range(steps):
        step()
    wait(device)
    return steps / (time.perf_counter() - start)


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def profiled(step: Step, args: argparse.Namespace) -> Step:
    """Write the operations of five steps by time to ``args.profile``."""
    for _ in range(5):
        step()
    with torch.profiler.profile() as profile:
        for _ in range(5):
            step()
    key = "self_cuda_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
    args.profile.write_text(profile.key_averages().table(sort_by=key, row_limit=30))
    return step


if __name__ == "__main__":
    main()
