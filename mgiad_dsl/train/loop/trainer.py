"""One optimiser step, and all the state that training has."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mgiad_dsl.train.data.mixing import Mixing
from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.loop.average import Average
from mgiad_dsl.train.loop.blend import Blend
from mgiad_dsl.train.loop.kept import Kept
from mgiad_dsl.train.loop.optimiser import make_optimiser
from mgiad_dsl.train.loop.schedule import learning_rate
from mgiad_dsl.train.loop.tally import Tally
from mgiad_dsl.train.machine.capture import Captured, captured
from mgiad_dsl.train.machine.distributed import gather, together, world
from mgiad_dsl.train.machine.placing import arranged, laid_out, placed
from mgiad_dsl.train.machine.precision import autocast, memory_format
from mgiad_dsl.train.machine.rng import rng_state, set_rng_state
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.tasks.measured import Inputs, Measured
from mgiad_dsl.train.tasks.task import Task


class Objective(nn.Module):
    """A model with the loss of its task: what processes exchange gradients of. The model may be
    applied several times in one step.
    """

    def __init__(self, module: nn.Module, task: Task, precision: AbstractContextManager) -> None:
        super().__init__()
        self.module, self.task, self.precision = module, task, precision

    def forward(self, inputs: Inputs, targets: Tensor) -> Measured:
        with self.precision:
            return self.task.train(self.module, inputs, targets)


class Trainer:
    """A model, its optimiser and its averages; ``done`` counts optimiser steps.

    In a process group the gradients are those of all processes.
    """

    def __init__(
        self,
        model: nn.Module,
        task: Task,
        recipe: Recipe,
        device: torch.device,
        steps_per_epoch: int,
        compiled: bool = False,
        mixing: Mixing | None = None,
    ) -> None:
        self.module = arranged(model.to(device), memory_format(recipe, device)).train()
        self.recipe, self.device, self.steps_per_epoch = recipe, device, steps_per_epoch
        self.compiled, self.mixing = compiled, mixing
        self.optimiser = make_optimiser(self.module, recipe)
        self.average = Average(self.module, recipe.ema) if recipe.ema else None
        self.blend = Blend(self.module, recipe.blend) if recipe.blend < 1 else None
        self.tally = Tally(device)
        self.captured: Captured[list[Measured]] | None = None
        self.kept: Kept | None = None
        self.done = 0
        objective = Objective(self.module, task, autocast(recipe, device))
        self.objective = DistributedDataParallel(objective) if together() else objective

    @property
    def best(self) -> nn.Module:
        """The model to evaluate: the average where there is one, blended with the first weights
        if the recipe wants that.
        """
        trained = self.average.model if self.average else self.module
        return self.blend.of(trained) if self.blend else trained

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return learning_rate(self.recipe, self.done, self.steps_per_epoch)

    def capture(self, parts: list[Batch], say: Callable[[str], None]) -> None:
        """Have the gradients of parts like these as one CUDA graph, if the recipe wants it; why
        not goes to ``say``. Parts of other shapes are computed as they are.
        """
        if not self.recipe.cuda_graph or self.device.type != "cuda":
            return
        if together():
            say("not captured as a CUDA graph: several processes exchange gradients")
            return
        given = [each for part in self.all_taken(parts) for each in part]
        self.captured = captured(self.module, partial(self.backward, len(parts)), given, say)

    def step(self, parts: list[Batch]) -> None:
        """One optimiser step on a batch that comes in ``parts`` (inputs, targets) of equal size."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate
        taken = self.all_taken(parts)
        for (loss, figure), (*_, targets) in zip(self.gradients(taken), taken, strict=True):
            self.tally.add(loss, figure, len(targets), self.done)
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.module.parameters(), self.recipe.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=self.captured is None)
        if self.average:
            self.average.update(self.done)
        self.done += 1

    def gradients(self, parts: list[tuple[Tensor, ...]]) -> list[Measured]:
        """Losses and figures of parts (inputs, then targets); leaves gradients of the mean loss."""
        given = [each for part in parts for each in part]
        if self.captured and self.captured.fits(given):
            return self.captured(*given)
        return self.backward(len(parts), *given)

    def backward(self, parts: int, *given: Tensor) -> list[Measured]:
        """The same of tensors that are the parts one after the other, operation by operation."""
        measured, size = [], len(given) // parts
        for number in range(parts):
            *inputs, targets = given[number * size : (number + 1) * size]
            with self.exchange(last=number + 1 == parts):
                loss, figure = self.objective(tuple(inputs), targets)
                (loss / parts).backward()
            measured.append(Measured(loss.detach(), figure))
        return measured

    def exchange(self, last: bool) -> AbstractContextManager:
        """Processes exchange gradients once per step, with its last part."""
        if isinstance(self.objective, DistributedDataParallel) and not last:
            return self.objective.no_sync()
        return nullcontext()

    def all_taken(self, parts: list[Batch]) -> list[tuple[Tensor, ...]]:
        return [self.taken(part, number) for number, part in enumerate(parts, start=1)]

    def taken(self, part: Batch, number: int) -> tuple[Tensor, ...]:
        """Part ``number`` of this step on the device, inputs and then targets; mixed if the recipe
        wants it.
        """
        layout = memory_format(self.recipe, self.device)
        inputs, targets = placed(part, self.device, layout)
        if self.mixing:
            images, targets = self.mixing(inputs[0], targets, self.done, number, world().rank)
            inputs = (laid_out(images.contiguous(), layout),)
        return *inputs, targets

    def is_finite(self) -> bool:
        """Whether no weight that is trained is NaN or infinite; waits for the device.

        An average of such weights is finite too.
        """
        weights = [p.detach() for p in self.module.parameters() if p.requires_grad and p.numel()]
        norms = torch._foreach_norm(weights, float("inf"))
        return bool(torch.stack([norm.isfinite() for norm in norms]).all())

    def state(self) -> dict[str, Any]:
        """Everything needed to go on, of all processes; a call for all of them."""
        return {
            "model": self.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.model.state_dict() if self.average else None,
            "first": self.blend.first.state_dict() if self.blend else None,
            "kept": self.kept and vars(self.kept),
            "tally": gather(self.tally.state()),
            "rng": gather(rng_state()),
            "compiled": self.compiled,
        }

    def restore(self, state: dict[str, Any], rank: int) -> None:
        self.module.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.average:
            self.average.model.load_state_dict(state["average"])
        if self.blend:
            self.blend.first.load_state_dict(state["first"])
        self.kept = Kept(**state["kept"]) if state["kept"] else None
        self.tally.restore(state["tally"][rank])
        set_rng_state(state["rng"][rank])
        self.done = state["step"]
