"""The paper's augmentation (crop, flip, AutoAugment) without a network, side by side.

    python bench/augment.py

Rows: one image after another through PIL, in batches on the device, and in batches compiled.
The operations are those one batch is made of: kernels to launch, on a GPU.
"""

from __future__ import annotations

import statistics
import time

import torch
from torch._inductor import metrics
from torch.utils._python_dispatch import TorchDispatchMode

from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.machine.device import choose_device, hardware, versions
from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, Recipe

BATCH, BATCHES, ROUNDS = 512, 4, 5


class Operations(TorchDispatchMode):
    """Counts the operations that compute something."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.count += not function.is_view and "empty" not in function.name()
        return function(*args, **(kwargs or {}))


def main() -> None:
    device = choose_device()
    data = fake(f"fake:3x32x32:10:{BATCH * BATCHES}")
    on_device = Recipe(batch=BATCH, **AUGMENTATIONS["paper"])
    by_pil = on_device.model_copy(update={"augment_on": "workers"})

    def feed(recipe: Recipe) -> Feed:
        return make_feed(data, recipe, data.shape, device, 0, workers=0)

    compiled = feed(on_device)
    metrics.reset()
    compiled.compile(print)
    kernels = metrics.generated_kernel_count
    in_batches = feed(on_device)
    with Operations() as operations:
        next(in_batches.epoch(0))
    rows = {
        "one by one through PIL, one process": feed(by_pil),
        f"in batches, {operations.count} operations": in_batches,
        f"in batches, compiled, {kernels} operations": compiled,
    }
    rounds = [{name: seconds(each, device) for name, each in rows.items()} for _ in range(ROUNDS)]
    median = {name: statistics.median(each[name] for each in rounds) for name in rows}
    slowest = max(median.values())
    print(f"{hardware(device)}; torch {versions()['torch']}; batch {BATCH}")
    for name, time_ in median.items():
        print(f"{name:42s} {slowest / time_:6.2f} x")


def seconds(feed: Feed, device: torch.device) -> float:
    """Time of an epoch."""
    start = time.perf_counter()
    for _ in feed.epoch(1):
        pass
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
