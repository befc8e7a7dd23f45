"""``torch.compile`` step by step of the network, not the unrolled whole, and of functions.

A channel-cycle network applies the same few steps many times. Compiled one by one they are small
graphs, one for each width and mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
import torch._dynamo
from torch import Tensor, nn

from mgiad_dsl.train.machine.faults import ran_out_of_memory
from mgiad_dsl.train.machine.trial import trial_step

# One compiled version for each width and mode of a step; PyTorch's default limit is 8.
VERSIONS = 256


@contextmanager
def compiled_regions(
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    precision: AbstractContextManager,
    say: Callable[[str], None],
) -> Iterator[bool]:
    """A context in which a model is compiled; whether it is. Tried first on ``inputs``.

    Emitted modules list the functions of their steps in ``REGIONS``; these are replaced in the
    namespace they are called from, which all networks of the same source share. A module
    without them is compiled whole. Inputs are (n, ...). If compilation fails (no C++
    compiler, say), the model is as it was and the reason goes to ``say``.
    """
    namespace: dict[str, Any] = type(model).forward.__globals__
    regions = namespace.get("REGIONS", ())
    before = model._compiled_call_impl

    def restore() -> None:
        for function in regions:
            namespace[function.__name__] = function
        model._compiled_call_impl = before

    def attempt() -> None:
        with precision, trial_step(model, inputs):
            pass

    with torch._dynamo.config.patch(cache_size_limit=VERSIONS):
        if regions:
            for function in regions:
                namespace[function.__name__] = torch.compile(function, dynamic=False)
        else:
            model.compile(dynamic=False)
        try:
            works = succeeds(attempt, say)
            if not works:
                restore()
            yield works
        finally:
            restore()


def compile_function(
    function: Callable[..., Tensor], arguments: tuple[Tensor, ...], say: Callable[[str], None]
) -> Callable[..., Tensor]:
    """``function`` compiled and tried on ``arguments``; itself, with a message, if that fails."""
    compiled = torch.compile(function, dynamic=False)
    return compiled if succeeds(lambda: compiled(*arguments), say) else function


def succeeds(attempt: Callable[[], object], say: Callable[[str], None]) -> bool:
    """Whether compiled code works; if not, why goes to ``say``. Out of memory is raised."""
    try:
        attempt()
    except Exception as error:  # the compiler's own errors are of many types
        if ran_out_of_memory(error):
            raise
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        say(f"torch.compile failed ({reason}); training goes on without it, more slowly")
        return False
    return True
