"""The memory of a module as it runs: what autograd saves, and which tensors are alive."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Kept:
    """A tensor in the hands of autograd."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def saved_bytes(network: nn.Module, images: Iterable[Tensor]) -> int:
    """What is still saved when a forward pass in training has ended, without weights and buffers.

    Tensors on one storage count once.
    """
    alive: weakref.WeakSet[_Kept] = weakref.WeakSet()

    def pack(tensor: Tensor) -> _Kept:
        kept = _Kept(tensor)
        alive.add(kept)
        return kept

    network.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
        outputs = network(*images)
    storages = {place(kept.tensor): size(kept.tensor) for kept in alive}
    assert outputs is not None  # it holds what is saved
    return sum(size for at, size in storages.items() if at not in own(network))


def peak_bytes(network: nn.Module, images: Iterable[Tensor]) -> int:
    """The most bytes alive at once in an inference: images too, weights and buffers not."""
    network.eval()
    images = list(images)
    with torch.no_grad(), _Alive(own(network)) as alive:
        alive.note(images)
        network(*images)
    return alive.peak


class _Alive(TorchDispatchMode):
    """Follows the tensors that operations make, by storage, until nothing holds them."""

    def __init__(self, other: set[int]) -> None:
        super().__init__()
        self.peak = self._now = 0
        self._other = other
        self._holders: Counter[int] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        given = {id(tensor) for tensor in _tensors((args, kwargs))}
        self.note(made for made in _tensors(result) if id(made) not in given)
        if func is torch.ops.aten.native_layer_norm.default and not args[0].is_contiguous():
            self.peak = max(self.peak, self._now + size(args[0]))  # the kernel works on a copy
        return result

    def note(self, tensors: Iterable[Tensor]) -> None:
        """These are alive from now on."""
        for tensor in tensors:
            at, bytes_ = place(tensor), size(tensor)
            if at not in self._other and bytes_:
                self._now += 0 if self._holders[at] else bytes_
                self._holders[at] += 1
                weakref.finalize(tensor, self._let_go, at, bytes_)
        self.peak = max(self.peak, self._now)

    def _let_go(self, at: int, bytes_: int) -> None:
        self._holders[at] -= 1
        self._now -= 0 if self._holders[at] else bytes_


def own(network: nn.Module) -> set[int]:
    """Where the weights and buffers of a module lie."""
    return {place(tensor) for tensor in (*network.parameters(), *network.buffers())}


def place(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def size(tensor: Tensor) -> int:
    return tensor.untyped_storage().nbytes()


def _tensors(tree: object) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))
