"""Images read and changed by worker processes while the device computes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.augment import normalise
from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.machine.compilation import compile_function
from mgiad_dsl.train.machine.seeds import generator_for, seed_for

Place = tuple[int, int]  # epoch, index

GRACE = 30  # seconds, as long as torchrun waits


class Decoded(Dataset):
    """A dataset of (PIL image, label) with a transform to uint8 tensors.

    Indexed by (epoch, index): the random numbers of the transform depend on these and the
    seed, not on which worker does it or what it did before.
    """

    def __init__(self, dataset: Dataset, transform: Callable[..., Any], seed: int) -> None:
        self.dataset, self.transform, self.seed = dataset, transform, seed

    def __getitem__(self, place: Place) -> tuple[Tensor, Any]:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed_for(self.seed, *place))
            try:
                image, label = self.dataset[place[1]]
                return self.decode(image, label)
            except OSError as error:  # what PIL raises
                raise SpecError(f"cannot read image {place[1]}: {error}") from error

    def decode(self, image: Any, label: Any) -> tuple[Tensor, Any]:
        return self.transform(image), label


class DecodedMasks(Decoded):
    """The same for (PIL image, PIL mask), which the transform takes together."""

    def decode(self, image: Any, label: Any) -> tuple[Tensor, Any]:
        return self.transform(image, label)


def outlive_signals(worker: int) -> None:
    """Go on for a while when torchrun, Slurm or Ctrl-C signal all processes at once.

    The main process finishes its step, saves and then ends the workers. A worker that were
    gone before would end it with an error.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(GRACE))


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
        self.normalise = normalise

    def load(self, batches: list[list[Place]]) -> Iterator[Batch]:
        loader = DataLoader(
            self.dataset,
            batch_sampler=batches,
            num_workers=self.workers,
            prefetch_factor=4 if self.workers else None,
            pin_memory=self.device.type == "cuda",
            generator=torch.Generator(),  # else it would draw from the global one
            worker_init_fn=outlive_signals,
        )
        try:
            for pixels, labels in loader:
                pixels = pixels.to(self.device, non_blocking=True)
                labels = labels.to(self.device, non_blocking=True)
                yield self.normalise(pixels, self.mean, self.std), labels
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
        self.parts = share.count(self.images)

    def __len__(self) -> int:
        return self.parts

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        generator = generator_for(self.dataset.seed, epoch)
        order = torch.randperm(self.images, generator=generator).tolist()
        places = self.share.places(self.images, start)
        return self.load([[(epoch, index) for index in order[place]] for place in places])

    def size(self) -> int:
        return self.share.part

    def example(self) -> Batch:
        pixels, target = self.dataset[0, 0]
        images = normalise(pixels[None].to(self.device), self.mean, self.std)
        return images[0], torch.as_tensor(target)

    def compile(self, say: Callable[[str], None]) -> None:
        pixels, _ = self.dataset[0, 0]
        batch = pixels.to(self.device).expand(self.size(), *pixels.shape).contiguous()
        self.normalise = compile_function(normalise, (batch, self.mean, self.std), say)


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
