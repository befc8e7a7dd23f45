"""Images read and changed by worker processes while the device computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mgiad_dsl.source import SpecError
from mgiad_dsl.train.data.augment import normalise
from mgiad_dsl.train.data.resident import Share
from mgiad_dsl.train.data.seeds import seed_for

Batch = tuple[Tensor, Tensor]
Place = tuple[int, int]  # epoch, index


class Decoded(Dataset):
    """A dataset of (PIL image, label) with a transform to uint8 tensors.

    Indexed by (epoch, index): the random numbers of the transform depend on these and the
    seed, not on which worker does it or what it did before.
    """

    def __init__(self, dataset: Dataset, transform: Callable[[Any], Tensor], seed: int) -> None:
        self.dataset, self.transform, self.seed = dataset, transform, seed

    def __getitem__(self, place: Place) -> tuple[Tensor, int]:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_for(self.seed, *place))
            try:
                image, label = self.dataset[place[1]]
                return self.transform(image), label
            except OSError as error:  # what PIL raises
                raise SpecError(f"cannot read image {place[1]}: {error}") from error


class Streamed:
    """Feeds and test batches share this: places to images, normalised on ``device``."""

    def __init__(
        self,
        dataset: Decoded,
        statistics: tuple[Sequence[float], Sequence[float]],
        device: torch.device,
        workers: int,
    ) -> None:
        self.dataset, self.device, self.workers = dataset, device, workers
        self.mean, self.std = (torch.tensor(values, device=device) for values in statistics)

    def load(self, batches: list[list[Place]]) -> Iterator[Batch]:
        loader = DataLoader(
            self.dataset,
            batch_sampler=batches,
            num_workers=self.workers,
            prefetch_factor=4 if self.workers else None,
            pin_memory=self.device.type == "cuda",
            generator=torch.Generator(),  # else it would draw from the global one
        )
        try:
            for pixels, labels in loader:
                pixels = pixels.to(self.device, non_blocking=True)
                labels = labels.to(self.device, non_blocking=True)
                yield normalise(pixels, self.mean, self.std), labels
        except SpecError as error:
            # a worker's error arrives with its traceback; the last line is the message
            message = error.message.strip().splitlines()[-1]
            raise SpecError(message.rpartition("error: ")[2]) from error


class TrainStream(Streamed):
    """Shuffled training batches: this process's share of each."""

    def __init__(
        self,
        dataset: Decoded,
        statistics: tuple[Sequence[float], Sequence[float]],
        device: torch.device,
        workers: int,
        share: Share,
    ) -> None:
        super().__init__(dataset, statistics, device, workers)
        self.share = share
        self.images = len(dataset.dataset)  # type: ignore[arg-type]
        self.steps = share.steps(self.images)

    def __len__(self) -> int:
        return self.steps * self.share.parts

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(seed_for(self.dataset.seed, epoch))
        order = torch.randperm(self.images, generator=generator).tolist()
        batches = []
        for number in range(start, len(self)):
            step, part = divmod(number, self.share.parts)
            chosen = order[step * self.share.batch :][: self.share.batch][self.share.slice(part)]
            batches.append([(epoch, index) for index in chosen])
        return self.load(batches)

    def size(self) -> int:
        return self.share.part

    def example(self) -> Tensor:
        pixels, _ = self.dataset[0, 0]
        return normalise(pixels.to(self.device), self.mean, self.std)


class HeldOutStream(Streamed):
    """Held-out images in order; rank r of R takes every R-th image from r."""

    def __init__(
        self,
        dataset: Decoded,
        statistics: tuple[Sequence[float], Sequence[float]],
        device: torch.device,
        workers: int,
        share: Share,
    ) -> None:
        super().__init__(dataset, statistics, device, workers)
        mine = range(share.rank, len(dataset.dataset), share.ranks)  # type: ignore[arg-type]
        places = [(0, index) for index in mine]
        self.batches = [places[i : i + share.part] for i in range(0, len(places), share.part)]

    def __iter__(self) -> Iterator[Batch]:
        return self.load(self.batches)
