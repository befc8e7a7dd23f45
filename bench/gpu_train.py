"""Training speed side by side, in images per second.

    python bench/gpu_train.py                   # mgnet, on a GPU, if there is one
    python bench/gpu_train.py --network mgiad
    python bench/gpu_train.py --quick           # a narrow network, for CPUs

Rows:

* published (a): the network written by hand (tests/reference), in a plain loop, DataLoader with
  PIL transforms, batch 128, float32 as PyTorch does by default (TF32 in convolutions)
* tricks (b): the compiled network, everything of the fast recipe, fed by the same DataLoader
* mgiad train: epochs of the trainer with the fast recipe, with light augmentation and the paper's
* same batch: the same on one batch over and over: what the loader can at best reach

Ours are at -O2, as CUDA graphs on a GPU, with `--compile` compiled too.

on random 3x32x32 images, and on CIFAR-10 where it is found. All rows are measured in turn, an
epoch each, five times; the median counts. The aim on a GPU: at least 5 times (a), and at least
0.95 of the same batch.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count, repeat
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.runtime.load import load_compiled
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.catalogue import open_data
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.data.sets import Batch, ImageSet, Where
from mgiad_dsl.train.data.transforms import PilImages, small_images
from mgiad_dsl.train.loop.epochs import Loop
from mgiad_dsl.train.loop.fit import batch_like, prepared
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.device import choose_device, hardware, versions
from mgiad_dsl.train.machine.precision import backends
from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, Recipe, load_recipe
from mgiad_dsl.train.run.listeners import Quiet
from mgiad_dsl.train.tasks.classes import Classes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.reference.mgiad import MGiaD
from tests.reference.mgnet import MgNet

BY_HAND = {"mgnet": MgNet, "mgiad": MGiaD}
ROUNDS = 5


class Row(NamedTuple):
    """What trains one epoch, of so many images."""

    images: int
    epoch: Callable[[], None]


def main() -> None:
    args = arguments().parse_args()
    device = choose_device(args.device)
    batch = args.batch or (32 if args.quick else 512)
    # a rate at which random labels do no harm
    fast = load_recipe("fast", {"batch": batch, "compile": args.compile, "lr": 0.01})
    print(f"{args.network}; {hardware(device)}; torch {versions()['torch']}; batch {batch}")
    found = {}
    for data in data_sets(args, batch):
        print(data.name)
        found[data.name] = bench(args, data, fast, device)
    if args.json:
        content = {"hardware": hardware(device), "versions": versions(), "rows": found}
        args.json.write_text(json.dumps(content, indent=2) + "\n")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Training speed side by side.")
    parser.add_argument("--network", choices=BY_HAND, default="mgnet")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where CIFAR-10 may be")
    parser.add_argument("--device")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, help="in an epoch of random images")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="few steps of a narrow network")
    parser.add_argument("--compile", action="store_true", help="takes minutes")
    parser.add_argument("--json", type=Path, help="write the numbers there too")
    parser.add_argument("--profile", type=Path, help="write what bounds `mgiad train` there")
    return parser


def data_sets(args: argparse.Namespace, batch: int) -> Iterator[ImageSet]:
    yield fake(f"fake:3x32x32:10:{batch * (args.steps or (5 if args.quick else 100))}")
    try:
        yield open_data("cifar10", Where(args.data_dir))
    except SpecError:
        print("(no CIFAR-10)")


def bench(
    args: argparse.Namespace, data: ImageSet, fast: Recipe, device: torch.device
) -> dict[str, dict[str, float]]:
    """Measure and print all rows; images per second and GPU memory of each."""
    made, memory, rows = {}, {}, {}
    with ExitStack() as stack:
        for name, make in rows_to_measure(args, data, fast, device, stack):
            torch.manual_seed(0)
            made[name], memory[name] = warmed_up(make, device)
        rounds = [{name: measure(row, device) for name, row in made.items()} for _ in range(ROUNDS)]
        if args.profile:
            args.profile.write_text(profiled(made["mgiad train, paper's"]))
    for name in made:
        speed = statistics.median(each[name] for each in rounds)
        rows[name] = {"images_per_second": speed, "memory_GiB": memory[name]}
    first = next(iter(rows.values()))["images_per_second"]
    for name, (speed, gigabytes) in ((name, row.values()) for name, row in rows.items()):
        print(f"{name:24s} {speed:12,.0f} images/s {speed / first:7.2f} x {gigabytes:8.2f} GiB")
    return rows


def rows_to_measure(
    args: argparse.Namespace, data: ImageSet, fast: Recipe, device: torch.device, stack: ExitStack
) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Names, and what makes each row."""
    paper = fast.model_copy(update=AUGMENTATIONS["paper"])
    in_workers = paper.model_copy(update={"augment_on": "workers"})
    published = load_recipe("paper", {"batch": fast.batch} if args.quick else {})
    workers = 0 if args.quick else args.workers
    size = {"classes": len(data.classes), "width": 0.125 if args.quick else 1}

    def ours(feed: Feed) -> Row:
        model = load_compiled(compile_tree(*read(args.network), size, level=2))
        return our_row(model, feed, fast, device, stack)

    def feed(recipe: Recipe) -> Feed:
        return make_feed(data, recipe, data.shape, device, 0, workers)

    by_hand = BY_HAND[args.network]
    yield "published (a)", lambda: plain_row(by_hand(**size), data, published, device, workers)
    yield "tricks, DataLoader (b)", lambda: ours(feed(in_workers))
    yield "mgiad train, light", lambda: ours(feed(fast))
    yield "mgiad train, paper's", lambda: ours(feed(paper))
    yield "same batch", lambda: ours(Same(feed(fast)))


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

    def example(self) -> Batch:
        return self.feed.example()

    def compile(self, say: Callable[[str], None]) -> None:
        """One batch is made once."""


def our_row(
    model: nn.Module, feed: Feed, recipe: Recipe, device: torch.device, stack: ExitStack
) -> Row:
    """Epochs of ``mgiad train``; ``stack`` keeps the network compiled."""
    with backends(recipe):  # compiled code depends on it
        stack.enter_context(prepared(model, feed, recipe, device, Quiet()))
    task = Classes(recipe.label_smoothing)
    trainer = Trainer(model, task, recipe, device, len(feed))
    with backends(recipe):
        trainer.capture([batch_like(feed)], print)
    loop = Loop(trainer, task, feed, None, Quiet(), None)
    numbers = count()

    def epoch() -> None:
        with backends(recipe):
            loop.train_epoch(next(numbers), 0, lambda: False)

    return Row(len(feed) * recipe.batch, epoch)


def plain_row(
    model: nn.Module, data: ImageSet, recipe: Recipe, device: torch.device, workers: int
) -> Row:
    """Epochs as a plain training script does them."""
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

    def epoch() -> None:
        for pixels, labels in loader:
            optimiser.zero_grad()
            loss = F.cross_entropy(model(pixels.to(device)), labels.to(device))
            loss.backward()
            optimiser.step()

    return Row(len(loader) * recipe.batch, epoch)


def warmed_up(make: Callable[[], Row], device: torch.device) -> tuple[Row, float]:
    """A row that has trained an epoch, and the GPU memory it takes in GiB."""
    if device.type != "cuda":
        row = make()
        row.epoch()
        return row, 0.0
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    row = make()
    row.epoch()
    return row, (torch.cuda.max_memory_allocated(device) - before) / 2**30


def measure(row: Row, device: torch.device) -> float:
    """Images per second."""
    wait(device)
    start = time.perf_counter()
    row.epoch()
    wait(device)
    return row.images / (time.perf_counter() - start)


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def profiled(row: Row) -> str:
    """The operations of an epoch by time."""
    with torch.profiler.profile() as profile:
        row.epoch()
    key = "self_cuda_time_total" if torch.cuda.is_available() else "self_cpu_time_total"
    return profile.key_averages().table(sort_by=key, row_limit=30)


if __name__ == "__main__":
    main()
