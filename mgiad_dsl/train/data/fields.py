"""Tensors in memory as training and held-out batches, on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from mgiad_dsl.train.data.sets import Batch, Tensors
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.machine.seeds import generator_for


def on(part: Tensors, device: torch.device) -> Tensors:
    return Tensors(tuple(each.to(device) for each in part.inputs), part.targets.to(device))


class TrainTensors:
    """Shuffled batches: this process's share of each."""

    def __init__(self, part: Tensors, device: torch.device, seed: int, share: Share) -> None:
        self.part = on(part, device)
        self.seed, self.share = seed, share
        self.parts = share.count(len(part.targets))

    def __len__(self) -> int:
        return self.parts

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        inputs, targets = self.part
        order = torch.randperm(len(targets), generator=generator_for(self.seed, epoch))
        order = order.to(targets.device)
        for place in self.share.places(len(targets), start):
            chosen = order[place]
            yield tuple(each[chosen] for each in inputs), targets[chosen]

    def size(self) -> int:
        return self.share.part

    def example(self) -> Batch:
        return tuple(each[0] for each in self.part.inputs), self.part.targets[0]

    def compile(self, say: Callable[[str], None]) -> None:
        """Nothing to compile: nothing is computed."""


class HeldOutTensors:
    """Samples in order; rank r of R takes every R-th from r."""

    def __init__(
        self, part: Tensors, batch: int, device: torch.device, rank: int = 0, ranks: int = 1
    ) -> None:
        mine = slice(rank, None, ranks)
        inputs = tuple(each[mine] for each in part.inputs)
        self.part, self.batch = on(Tensors(inputs, part.targets[mine]), device), batch

    def __iter__(self) -> Iterator[Batch]:
        inputs, targets = self.part
        for start in range(0, len(targets), self.batch):
            chosen = slice(start, start + self.batch)
            yield tuple(each[chosen] for each in inputs), targets[chosen]
