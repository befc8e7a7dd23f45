"""Small networks for the tests."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mgiad_dsl.train.network import Network
from mgiad_dsl.train.run.records import EpochRecord
from tests.train import small_cycle
from tests.train.small_cycle import SmallCycle


class Plain(nn.Module):
    """Convolution, pooling, linear; no norms."""

    def __init__(self, in_channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 8, 3, padding=1)
        self.W = nn.Linear(8, classes)
        self.unused = nn.Parameter(torch.ones(3))

    def forward(self, image: Tensor) -> Tensor:
        return self.W(F.relu(self.conv(image)).mean(dim=(2, 3)))


def network(
    build: Callable[[], nn.Module] = SmallCycle,
    input_shape: tuple[int, int, int] = (1, 8, 8),
    outputs: int = 10,
) -> Network:
    """The network record a compiled spec would give."""
    weights = sum(p.numel() for p in build().parameters())
    return Network(
        name="small",
        build=build,
        inputs={"image": input_shape},
        output=(outputs,),
        weights=weights,
        macs=1000,
        spec_text="mgspec 1\n",
        source=inspect.getsource(small_cycle),
        settings={},
    )


def epoch(number: int, test_loss: float | None = None) -> EpochRecord:
    """What is recorded of an epoch of ten steps."""
    return EpochRecord(
        epoch=number,
        step=10 * number,
        lr=0.1,
        train_loss=1 / number,
        train_accuracy=0.5,
        images_per_second=100.0,
        test_loss=test_loss,
        test_accuracy=None if test_loss is None else 0.5,
        seconds=float(number),
        memory=None,
    )
