"""Whether a training is compiled, and a context in which it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.machine.compilation import compiled_regions
from mgiad_dsl.train.machine.distributed import from_first
from mgiad_dsl.train.machine.placing import laid_out, repeated
from mgiad_dsl.train.machine.precision import autocast, memory_format
from mgiad_dsl.train.machine.trial import trial_step
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.listeners import Listener
from mgiad_dsl.train.run.report import duration

# Compiling a large network takes minutes, and saves a tenth of a step on a GPU
# (bench/gpu_steps.py).
LONG = 3600.0  # seconds
# Where compiled steps are no faster than those with channels last (bench/references.py --compiled).
NO_FASTER = ("cpu",)


@contextmanager
def compiled(
    model: nn.Module,
    feed: Feed,
    example: tuple[Tensor, ...],
    recipe: Recipe,
    listener: Listener,
    before: bool | None = None,
) -> Iterator[bool]:
    """A context in which model and feed are compiled if the recipe wants it; whether it does.

    ``auto`` means a training of more than an hour on a GPU, by the time of one step; ``before``
    is what was decided when a resumed one began. ``example`` has inputs of one sample of the feed.
    """
    layout, n = memory_format(recipe, example[0].device), feed.size()
    inputs = tuple(laid_out(repeated(each, n), layout) for each in example)
    wanted = recipe.compile if before is None else before
    if wanted == "auto":
        wanted = from_first(lambda: _pays(model, inputs, recipe, len(feed), listener))
    if not wanted:
        yield False
        return
    listener.say("compiling")
    precision = autocast(recipe, inputs[0].device)
    with compiled_regions(model, inputs, precision, listener.say) as works:
        if works:
            feed.compile(listener.say)
        yield True


def _pays(
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    recipe: Recipe,
    batches: int,
    listener: Listener,
) -> bool:
    """Whether training takes so long that compiling pays; says so."""
    if inputs[0].device.type in NO_FASTER:
        listener.say(
            "not compiled: steps are no faster on a CPU (--with compile=true does it anyway)"
        )
        return False
    seconds = recipe.epochs * batches * _step_seconds(model, inputs, recipe)
    pays = seconds > LONG
    listener.say(
        f"about {duration(seconds)} of training as it is: "
        + ("worth compiling" if pays else "not compiled (--with compile=true does it anyway)")
    )
    return pays


def _step_seconds(model: nn.Module, inputs: tuple[Tensor, ...], recipe: Recipe) -> float:
    """How long a step takes that is not compiled; the first one only warms up."""
    took, device = 0.0, inputs[0].device
    for _ in range(2):
        began = time.perf_counter()
        with autocast(recipe, device), trial_step(model, inputs):
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            took = time.perf_counter() - began
    return took
