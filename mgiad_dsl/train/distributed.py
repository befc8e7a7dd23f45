"""Several processes, as ``torchrun`` starts them; one process is the special case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist


@dataclass(frozen=True)
class World:
    """This process among all: ``rank`` of ``size``, ``local`` on its machine."""

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this process is the one that prints and writes files."""
        return self.rank == 0


def world() -> World:
    """Read what torchrun put into the environment."""
    return World(
        rank=int(os.environ.get("RANK", 0)),
        size=int(os.environ.get("WORLD_SIZE", 1)),
        local=int(os.environ.get("LOCAL_RANK", 0)),
    )


@contextmanager
def process_group(world: World, device: torch.device) -> Iterator[None]:
    """Connect the processes, unless they are: NCCL between GPUs, gloo between CPUs."""
    if world.size == 1 or together():
        yield
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def together() -> bool:
    """Whether this process runs in a group."""
    return dist.is_available() and dist.is_initialized()


def add_up(tensor: Tensor) -> Tensor:
    """Sum a tensor over all processes, in place."""
    if together():
        dist.all_reduce(tensor)
    return tensor


def any_true(flags: list[bool], device: torch.device) -> list[bool]:
    """For each flag whether it is set in any process."""
    if not together():
        return flags
    return [count > 0 for count in add_up(torch.tensor(flags, device=device).int()).tolist()]


def share_buffers(model: nn.Module) -> None:
    """Give every process the buffers (norm statistics) of the first."""
    if together():
        for buffer in model.buffers():
            dist.broadcast(buffer, src=0)


def gather(value: Any) -> list[Any]:
    """The value of every process, in order of rank."""
    if not together():
        return [value]
    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value)
    return values


def barrier() -> None:
    """Wait for all processes."""
    if together():
        dist.barrier()
