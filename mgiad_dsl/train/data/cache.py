"""Tensors that were computed once and are kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import safetensors
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from mgiad_dsl.base.files import write
from mgiad_dsl.base.resources import cache_file
from mgiad_dsl.base.source import SpecError


def kept(name: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors of that name, from the cache folder, or made and put there.

    A file whose checksum is wrong is made again. Where nothing can be written, nothing is kept.
    """
    place = cache_file(f"{name}.safetensors")
    if place is None:
        return make()
    path = Path(place)
    found = _read(path)
    if found is not None:
        return found
    tensors = {key: value.contiguous() for key, value in make().items()}
    with contextlib.suppress(SpecError):
        write(path, safetensors.torch.save(tensors, {"sha256": _checksum(tensors)}))
    return tensors


def _read(path: Path) -> dict[str, Tensor] | None:
    """The tensors in a file, None if it is not there or damaged."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            checksum = (file.metadata() or {}).get("sha256")
    except (OSError, SafetensorError):
        return None
    return tensors if checksum == _checksum(tensors) else None


def _checksum(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
