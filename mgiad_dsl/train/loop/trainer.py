"""One optimiser step, and all the state that training has."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mgiad_dsl.train.data.mixing import Mixing, heaviest
from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.loop.average import Average
from mgiad_dsl.train.loop.kept import Kept
from mgiad_dsl.train.loop.optimiser import loss_of, make_optimiser
from mgiad_dsl.train.loop.schedule import learning_rate
from mgiad_dsl.train.loop.tally import Tally
from mgiad_dsl.train.machine.distributed import gather, together, world
from mgiad_dsl.train.machine.precision import autocast, memory_format
from mgiad_dsl.train.machine.rng import rng_state, set_rng_state
from mgiad_dsl.train.recipes.recipe import Recipe


class Trainer:
    """A model, its optimiser and its averages; ``done`` counts optimiser steps.

    In a process group the gradients are those of all processes.
    """

    def __init__(
        self,
        model: nn.Module,
        recipe: Recipe,
        device: torch.device,
        steps_per_epoch: int,
        compiled: bool = False,
        mixing: Mixing | None = None,
    ) -> None:
        self.module = model.to(device).to(memory_format=memory_format(recipe)).train()
        self.recipe, self.device, self.steps_per_epoch = recipe, device, steps_per_epoch
        self.compiled, self.mixing = compiled, mixing
        self.optimiser = make_optimiser(self.module, recipe)
        self.average = Average(self.module, recipe.ema) if recipe.ema else None
        self.tally = Tally(device)
        self.kept: Kept | None = None
        self.done = 0
        self.model = DistributedDataParallel(self.module) if together() else self.module

    @property
    def best(self) -> nn.Module:
        """The model to evaluate: the average where there is one."""
        return self.average.model if self.average else self.module

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return learning_rate(self.recipe, self.done, self.steps_per_epoch)

    def step(self, parts: list[tuple[Tensor, Tensor]]) -> None:
        """One optimiser step on a batch that comes in ``parts`` (images, labels) of equal size."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate
        for number, (images, labels) in enumerate(parts, start=1):
            with self.exchange(last=number == len(parts)):
                self.backward(*self.taken(images, labels, number), len(parts))
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.module.parameters(), self.recipe.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.average:
            self.average.update(self.done)
        self.done += 1

    def exchange(self, last: bool) -> AbstractContextManager:
        """Processes exchange gradients once per step, with its last part."""
        if isinstance(self.model, DistributedDataParallel) and not last:
            return self.model.no_sync()
        return nullcontext()

    def taken(self, images: Tensor, labels: Tensor, part: int) -> Batch:
        """Part number ``part`` of this step on the device, mixed if the recipe wants it."""
        layout = memory_format(self.recipe)
        images = images.to(self.device, non_blocking=True, memory_format=layout)
        labels = labels.to(self.device, non_blocking=True)
        if self.mixing:
            images, labels = self.mixing(images, labels, self.done, part, world().rank)
        return images.contiguous(memory_format=layout), labels

    def backward(self, images: Tensor, labels: Tensor, parts: int) -> None:
        with autocast(self.recipe, self.device):
            logits = self.model(images)
            loss = loss_of(logits, labels, self.recipe.label_smoothing)
        (loss / parts).backward()
        self.tally.add(loss.detach(), logits.detach(), heaviest(labels), self.done)

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
        self.kept = Kept(**state["kept"]) if state["kept"] else None
        self.tally.restore(state["tally"][rank])
        set_rng_state(state["rng"][rank])
        self.done = state["step"]
