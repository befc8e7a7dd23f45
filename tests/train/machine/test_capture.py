"""What a CPU can show of a capture, with a GPU that is made up; the rest is in test_gpu.py."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext

import pytest
import torch
from torch import Tensor, nn

from mgiad_dsl.train.machine import capture
from mgiad_dsl.train.machine.capture import Captured, captured


class Gpu:
    """Stands for ``torch.cuda``. A capture computes nothing: gradients are anything after it."""

    def __init__(self, model: nn.Module) -> None:
        self.model, self.mode, self.stream_now = model, 0, Stream()
        self.device = lambda _: nullcontext()
        self.Stream, self.CUDAGraph = Stream, object

    def current_stream(self) -> Stream:
        return self.stream_now

    @contextmanager
    def stream(self, stream: Stream):
        before, self.stream_now = self.stream_now, stream
        try:
            yield
        finally:
            self.stream_now = before

    @contextmanager
    def graph(self, graph: object, capture_error_mode: str):
        self.stream_now = Stream()  # not given back if something raises
        before = self.stream_now
        yield
        self.stream_now = before
        for parameter in self.model.parameters():
            parameter.grad.fill_(float("nan"))

    def get_sync_debug_mode(self) -> int:
        return self.mode

    def set_sync_debug_mode(self, mode: int | str) -> None:
        self.mode = mode


class Stream:
    def wait_stream(self, other: Stream) -> None:
        pass


@pytest.fixture
def gpu(monkeypatch) -> Gpu:
    gpu = Gpu(nn.Linear(3, 2))
    monkeypatch.setattr(capture.torch, "cuda", gpu)
    return gpu


def test_gradients_are_zero_before_the_first_replay(gpu) -> None:
    """A first step of another shape adds to them."""
    Captured(gpu.model, lambda x: gpu.model(x).sum().backward(), [torch.ones(4, 3)])
    assert all((p.grad == 0).all() for p in gpu.model.parameters())


@pytest.mark.parametrize("last", [capture.WARM_UP + 1, capture.WARM_UP + 2])
def test_a_failure_leaves_everything_as_it_was(gpu, last) -> None:
    """That of the run in which waiting is an error, and one that comes with the capture only."""
    modes, stream, said = [], gpu.stream_now, []

    def function(x: Tensor) -> None:
        modes.append(gpu.mode)
        gpu.model(x).sum().backward()
        if len(modes) == last:
            raise RuntimeError("waits\nfor the GPU")

    assert captured(gpu.model, function, [torch.ones(4, 3)], said.append) is None
    assert said == ["not captured as a CUDA graph (waits); training goes on without it"]
    assert modes == [*capture.WARM_UP * [0], "error", 0][:last]
    assert gpu.stream_now is stream
    assert gpu.mode == 0
    assert all(p.grad is None for p in gpu.model.parameters())
