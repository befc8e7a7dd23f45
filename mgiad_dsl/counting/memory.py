"""The memory of training and of inference, before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.counting.alive import peak
from mgiad_dsl.counting.arrays import Array, Dtype
from mgiad_dsl.counting.saved import Saved, saved
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.weights import Tensor, tensors
from mgiad_dsl.outline.program import Program


@dataclass(frozen=True)
class Memory:
    """Bytes for a batch of images, of a network in a dtype.

    ``weights`` are weights and buffers; ``gradients`` those of the weights that have one;
    ``tensors`` what autograd saves for the backward pass; ``peak`` the most that values take at
    once in an inference.
    """

    batch: int
    dtype: Dtype
    weights: int
    gradients: int
    tensors: tuple[Saved, ...]
    peak: int

    @property
    def momentum(self) -> int:
        """What SGD keeps: a momentum for each gradient."""
        return self.gradients

    @property
    def saved(self) -> int:
        """What is saved for the backward pass."""
        return self.of(self.tensors)

    @property
    def training(self) -> int:
        """All that a training step keeps at once when its forward pass has ended."""
        return self._training(self.batch)

    @property
    def inference(self) -> int:
        return self.weights + self.peak

    def of(self, tensors: Iterable[Saved]) -> int:
        """The bytes of tensors that are saved."""
        return _sum((each.array for each in tensors), self.batch, self.dtype)

    def by(self, key: Callable[[Saved], str]) -> dict[str, list[Saved]]:
        """What is saved by operation or by level, in the order of the network."""
        parts: dict[str, list[Saved]] = {}
        for each in self.tensors:
            parts.setdefault(key(each), []).append(each)
        return parts

    def largest(self, room: int) -> int | None:
        """The largest batch that trains in so many bytes; None if any does."""
        fixed = self._training(0)
        each = self._training(1) - fixed
        if room < fixed:
            return 0
        return (room - fixed) // each if each else None

    def _training(self, batch: int) -> int:
        arrays = (each.array for each in self.tensors)
        return self.weights + self.gradients + self.momentum + _sum(arrays, batch, self.dtype)


def memory(network: Network, program: Program, batch: int, dtype: Dtype) -> Memory:
    """The memory of a network.

    Args:
        network: what runs.
        program: how it runs, as it is printed.
        batch: the number of images.
        dtype: what the network is converted to.

    Raises:
        SpecError: there is no such batch.
    """
    if batch < 1:
        raise SpecError(f"a batch of {batch} has no image", hint="at least 1")
    live = network.live_groups()
    owned = [(t, name in live) for name, g in network.groups.items() for t in tensors(g.op)]
    gradients = (_array(tensor) for tensor, used in owned if tensor.trainable and used)
    return Memory(
        batch,
        dtype,
        weights=_sum((_array(tensor) for tensor, _ in owned), batch, dtype),
        gradients=_sum(gradients, batch, dtype),
        tensors=tuple(saved(network)),
        peak=peak(program, batch, dtype),
    )


def _array(tensor: Tensor) -> Array:
    return Array(tensor.elements, each=False, content="integers" if tensor.integer else "values")


def _sum(arrays: Iterable[Array], batch: int, dtype: Dtype) -> int:
    return sum(array.bytes(batch, dtype) for array in arrays)
