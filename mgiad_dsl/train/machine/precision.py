"""How a device computes: precision, memory layout, choice of algorithms."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from mgiad_dsl.train.recipes.recipe import Recipe


def uses_bf16(recipe: Recipe, device: torch.device) -> bool:
    """Whether to compute in bf16: as the recipe says, or on GPUs that have it.

    A CPU without bf16 instructions emulates it 20 to 40 times slower.
    """
    if recipe.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return recipe.precision == "bf16"


def autocast(recipe: Recipe, device: torch.device) -> AbstractContextManager:
    """Mixed precision for forward passes; bf16 needs no loss scaling."""
    if uses_bf16(recipe, device):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def precision(recipe: Recipe, device: torch.device) -> str:
    """The precision a recipe leads to on a device, in words."""
    if uses_bf16(recipe, device):
        return "bf16"
    return "fp32 with TF32" if recipe.tf32 and device.type == "cuda" else "fp32"


def memory_format(recipe: Recipe, device: torch.device) -> torch.memory_format:
    """The layout of images: as the recipe says, or where channels that come last are faster: on
    CPUs (bench/levels.py --channels-last), and on GPUs in bf16.
    """
    last = recipe.channels_last
    if last == "auto":
        last = device.type == "cpu" or uses_bf16(recipe, device)
    return torch.channels_last if last else torch.contiguous_format


@contextmanager
def backends(recipe: Recipe, deterministic: bool = False) -> Iterator[None]:
    """A context with TF32 as the recipe says, and a choice of algorithms.

    ``deterministic`` allows those only that always give the same bits, as PyTorch's own switch
    does; otherwise cuDNN takes the fastest it finds.
    """
    before = (
        torch.get_float32_matmul_precision(),
        torch.backends.cudnn.allow_tf32,
        torch.backends.cudnn.benchmark,
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    warn_only = before[-1] and not deterministic
    deterministic = deterministic or torch.are_deterministic_algorithms_enabled()
    if deterministic:
        # cuBLAS reads it when it starts; without it deterministic algorithms refuse to run
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    choose_algorithms(
        "high" if recipe.tf32 else "highest",
        recipe.tf32,
        not deterministic,
        deterministic,
        warn_only,
    )
    try:
        yield
    finally:
        choose_algorithms(*before)


def choose_algorithms(
    matmul: str, tf32: bool, benchmark: bool, deterministic: bool, warn_only: bool
) -> None:
    torch.set_float32_matmul_precision(matmul)
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = benchmark
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
