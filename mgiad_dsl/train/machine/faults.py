"""What can go wrong on a device, said so that the user can mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.recipes.recipe import Recipe


@contextmanager
def explained(what: str, hint: str) -> Iterator[None]:
    """A context in which running out of memory, and an operation that has no deterministic
    form where only those are allowed, raise SpecError. ``what`` needed the memory, ``hint``
    says how it would need less.
    """
    try:
        yield
    except RuntimeError as error:
        if ran_out_of_memory(error):
            raise SpecError(f"out of memory {what}", hint=hint) from error
        operation, differs, _ = str(error).partition(" does not have a deterministic")
        if not differs:
            raise
        raise SpecError(
            f"PyTorch's {operation} gives other bits in every run",
            hint="without --deterministic, or another operation in the spec",
        ) from error


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory of a GPU or of the host is used up."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    texts = ("can't allocate memory", "not enough memory")  # PyTorch on Linux, on Windows
    return isinstance(error, RuntimeError) and any(text in str(error) for text in texts)


@contextmanager
def training_explained(recipe: Recipe) -> Iterator[None]:
    """The same for training, where a smaller batch or smaller parts of it help, and on a GPU to do
    without a CUDA graph, which keeps its memory to itself: evaluation and batches of other
    shapes need their own beside it. A module with a `view` needs images as PyTorch makes them.
    """
    half, twice = max(1, recipe.batch // 2), recipe.accumulate * 2
    graph = recipe.cuda_graph and torch.cuda.is_initialized()
    memory = explained(
        f"with batch {recipe.batch} in {recipe.accumulate} part(s)",
        f"--with batch={half}, or the same batch in smaller parts: --with accumulate={twice}"
        + (", or without a CUDA graph: --with cuda_graph=false" if graph else ""),
    )
    try:
        with memory:
            yield
    except RuntimeError as error:
        if not recipe.channels_last or "view size is not compatible" not in str(error):
            raise
        raise SpecError(
            "a `view` in the module needs images whose channels do not lie last in memory",
            hint="--with channels_last=false, or `reshape` instead of `view`",
        ) from error
