"""How well a model does its task."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.machine.distributed import add_up
from mgiad_dsl.train.machine.placing import placed
from mgiad_dsl.train.tasks.task import Scores, Task, task_like


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[Batch],
    *,
    task: Task | None = None,
    device: torch.device | str | None = None,
    precision: AbstractContextManager | None = None,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> Scores:
    """Scores of a model in evaluation mode on all samples of ``batches`` (any DataLoader).

    Batches are (inputs (n, ...), targets (n, ...)), as ``fit`` takes them; without a ``task``
    it follows from the targets. The model's mode is restored. ``precision`` is a context for the
    forward passes, ``torch.autocast`` for one. In a process group the scores are those of all
    processes together. Nothing waits for the device until the end.
    """
    where = torch.device(device) if device is not None else next(model.parameters()).device
    training = model.training
    model.eval()

    def answer(*inputs: Tensor) -> Tensor:
        with precision or nullcontext():
            return model(*inputs)

    sums: tuple[Tensor, ...] = ()
    for batch in batches:
        inputs, targets = placed(batch, where, memory_format)
        task = task or task_like(targets)
        new = task.measure(answer, inputs, targets)
        sums = tuple(map(torch.add, sums, new)) if sums else new
    model.train(training)
    if task is None or not sums:
        raise SpecError("there are no images to evaluate")
    return task.scores(tuple(add_up(each) for each in sums))
