"""Several processes, as ``torchrun`` starts them; one process is the special case."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist

from mgiad_dsl.base.source import SpecError

GPU_BACKEND = "cpu:gloo,cuda:nccl"  # hosts agree without waiting for a GPU
PATIENCE = timedelta(hours=3)  # the others wait while one process unpacks ImageNet


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
    """This process in its group; before there is one, what torchrun says it will be."""
    rank = dist.get_rank() if together() else int(os.environ.get("RANK", 0))
    size = dist.get_world_size() if together() else int(os.environ.get("WORLD_SIZE", 1))
    local = os.environ.get("LOCAL_RANK", rank % max(1, torch.cuda.device_count()))
    return World(rank, size, int(local))


@contextmanager
def process_group(world: World, device: torch.device) -> Iterator[None]:
    """Connect the processes, unless they are: NCCL between GPUs, gloo between CPUs."""
    if world.size == 1 or together():
        yield
        return
    backend = GPU_BACKEND if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
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


def greatest(numbers: list[int], device: torch.device) -> list[int]:
    """The largest of each number over all processes.

    Sent from the host where the group can, so that nobody waits for a GPU.
    """
    if not together():
        return numbers
    where = torch.device("cpu") if "gloo" in str(dist.get_backend_config()) else device
    tensor = torch.tensor(numbers, device=where)
    dist.all_reduce(tensor, dist.ReduceOp.MAX)
    return tensor.tolist()


def from_first(compute: Callable[[], Any]) -> Any:
    """What ``compute`` gives or raises (SpecError) in the first process, in all of them."""
    if not together():
        return compute()
    outcome: list[Any] = [None, None]
    if world().first:
        try:
            outcome[0] = compute()
        except SpecError as error:
            outcome[1] = error
    dist.broadcast_object_list(outcome, src=0)
    if outcome[1] is not None:
        raise outcome[1]
    return outcome[0]


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
