"""Gradients as one CUDA graph: launched at once, where a hundred small operations wait for the
launch of each.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from mgiad_dsl.train.machine.faults import ran_out_of_memory
from mgiad_dsl.train.machine.trial import traceless

WARM_UP = 3  # steps before the capture, which choose algorithms and fill caches

Made = TypeVar("Made")


class Captured(Generic[Made]):
    """A function of tensors that leaves gradients in a model, as a graph that is replayed.

    What it makes, and the gradients, lie where the next replay overwrites them: gradients may be
    set to zero, but must not be set to None. Before the first replay they are zero. Random numbers
    are drawn from where the generator of the GPU stands.

    Raises:
        RuntimeError: something in the function waits for the GPU, or cannot be captured else.
    """

    def __init__(
        self, model: nn.Module, function: Callable[..., Made], given: Sequence[Tensor]
    ) -> None:
        self.given = [each.clone() for each in given]
        with torch.cuda.device(given[0].device):
            _warm_up(model, function, self.given)
            self.graph = torch.cuda.CUDAGraph()
            # a thread of a DataLoader that pins memory may go on meanwhile
            capture = torch.cuda.graph(self.graph, capture_error_mode="thread_local")
            # one that fails would leave its stream the current one
            with torch.cuda.stream(torch.cuda.current_stream()), capture:
                self.made = function(*self.given)
            model.zero_grad(set_to_none=False)  # nothing has been computed: they are anything

    def fits(self, given: Sequence[Tensor]) -> bool:
        """Whether tensors are of the shapes and types that were captured."""
        return [(each.shape, each.dtype) for each in given] == [
            (each.shape, each.dtype) for each in self.given
        ]

    def __call__(self, *given: Tensor) -> Made:
        for ours, theirs in zip(self.given, given, strict=True):
            ours.copy_(theirs, non_blocking=True)
        self.graph.replay()
        return self.made


def _warm_up(model: nn.Module, function: Callable[..., object], given: Sequence[Tensor]) -> None:
    """Steps on another stream, which leave no trace."""
    stream = torch.cuda.Stream()
    with traceless(model, given[0].device):
        stream.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(stream):
                for _ in range(WARM_UP):
                    function(*given)
                    model.zero_grad(set_to_none=True)
                with _no_waiting():
                    function(*given)
        finally:
            torch.cuda.current_stream().wait_stream(stream)


@contextmanager
def _no_waiting() -> Iterator[None]:
    """A context in which to wait for the GPU is an error. A capture would find it too, but one that
    has begun and fails spoils the random numbers of the GPU before PyTorch 2.13.
    """
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that not all waiting is found
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)


def captured(
    model: nn.Module,
    function: Callable[..., Made],
    given: Sequence[Tensor],
    say: Callable[[str], None],
) -> Captured[Made] | None:
    """``function`` captured on tensors; None, with a message, if that fails."""
    try:
        return Captured(model, function, given)
    except RuntimeError as error:
        if ran_out_of_memory(error):
            raise
        model.zero_grad(set_to_none=True)
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        say(f"not captured as a CUDA graph ({reason}); training goes on without it")
        return None
