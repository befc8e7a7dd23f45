"""``torch.compile`` step by step of the network, not the unrolled whole, and of functions.

A channel-cycle network applies the same few steps many times. Compiled as one graph it takes
minutes; each distinct step compiled once takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
import torch._dynamo
from torch import Tensor, nn

# One compiled version for each width and mode of a step; PyTorch's default limit is 8.
VERSIONS = 256


def compile_regions(
    model: nn.Module,
    images: Tensor,
    precision: AbstractContextManager,
    say: Callable[[str], None],
) -> bool:
    """Compile a model in place and try it forward and backward on ``images`` (n, C, H, W).

    Emitted modules list the functions of their steps in ``REGIONS``; these are replaced in the
    namespace they are called from. A module without them is compiled whole. If compilation
    fails (no C++ compiler, say), the model is left as it was, the reason goes to ``say``, and
    the result is False.
    """
    namespace: dict[str, Any] = type(model).forward.__globals__
    regions = namespace.get("REGIONS", ())
    torch._dynamo.config.cache_size_limit = VERSIONS
    gpus = [images.device] if images.is_cuda else []
    try:
        if regions:
            for function in regions:
                namespace[function.__name__] = torch.compile(function, dynamic=False)
        else:
            model.compile(dynamic=False)
        with precision, torch.random.fork_rng(gpus):
            try_out(model, images)
    except Exception as error:  # the compiler's own errors are of many types
        for function in regions:
            namespace[function.__name__] = function
        model._compiled_call_impl = None
        say(went_wrong(error))
        return False
    return True


def compile_function(
    function: Callable[..., Tensor], arguments: tuple[Tensor, ...], say: Callable[[str], None]
) -> Callable[..., Tensor]:
    """``function`` compiled and tried on ``arguments``; itself, with a message, if that fails."""
    compiled = torch.compile(function, dynamic=False)
    try:
        compiled(*arguments)
    except Exception as error:
        say(went_wrong(error))
        return function
    return compiled


def went_wrong(error: Exception) -> str:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return f"torch.compile failed ({reason}); training goes on without it, more slowly"


def try_out(model: nn.Module, images: Tensor) -> None:
    """One step in training mode that leaves no trace: statistics and gradients are put back."""
    buffers = [buffer.clone() for buffer in model.buffers()]
    model(images).sum().backward()
    model.zero_grad(set_to_none=True)
    for buffer, before in zip(model.buffers(), buffers, strict=True):
        buffer.copy_(before)
