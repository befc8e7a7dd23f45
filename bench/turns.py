"""Times of networks that take turns, so that all see the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Run = Callable[[nn.Module, Tensor], object]


def ratios(
    networks: Sequence[nn.Module], run: Run, images: Tensor | Sequence[Tensor], rounds: int
) -> list[float]:
    """The time of each network against that of the first, the median over rounds; all are given
    the same images, or each its own.
    """
    own = [images] * len(networks) if isinstance(images, Tensor) else images
    pairs = list(zip(networks, own, strict=True))
    times = [[seconds(run, network, given) for network, given in pairs] for _ in range(rounds + 1)]
    return [statistics.median(row[at] / row[0] for row in times[1:]) for at in range(len(networks))]


def seconds(run: Run, network: nn.Module, images: Tensor) -> float:
    began = time.perf_counter()
    run(network, images)
    return time.perf_counter() - began


def step(network: nn.Module, images: Tensor) -> None:
    """Forward and backward."""
    made = network.train()(images)
    outputs = list(made.values()) if isinstance(made, dict) else [made]
    torch.stack([value.square().mean() for value in outputs]).sum().backward()


@torch.no_grad()
def inference(network: nn.Module, images: Tensor) -> None:
    network.eval()(images)
