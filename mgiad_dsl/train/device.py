"""The device a run computes on, and in which precision."""

from __future__ import annotations

import os
import platform
from contextlib import AbstractContextManager, nullcontext

import torch

from mgiad_dsl.source import SpecError
from mgiad_dsl.train.recipe import Recipe


def choose_device(name: str | None = None, local_rank: int = 0) -> torch.device:
    """The named device, or a GPU if there is one; ``local_rank`` numbers a machine's GPUs."""
    if name is None:
        name = f"cuda:{local_rank}" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise SpecError(f"no device {name!r}: {reason}", hint="--device cpu") from error
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return device


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


def memory_format(recipe: Recipe) -> torch.memory_format:
    return torch.channels_last if recipe.channels_last else torch.contiguous_format


def set_backends(recipe: Recipe, deterministic: bool) -> None:
    """TF32 and the choice of algorithms, for the whole process."""
    torch.set_float32_matmul_precision("high" if recipe.tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = recipe.tf32
    torch.backends.cudnn.benchmark = not deterministic
    if deterministic:
        # cuBLAS reads it when it starts; without it deterministic algorithms refuse to run
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(deterministic)


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory of a GPU or of the host is used up."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    texts = ("can't allocate memory", "not enough memory")  # PyTorch on Linux, on Windows
    return isinstance(error, RuntimeError) and any(text in str(error) for text in texts)


def hardware(device: torch.device) -> str:
    """The device in words, for reports."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{cpu_name()}, {torch.get_num_threads()} threads"


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(x.split(":")[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """What a result depends on besides the inputs."""
    import torchvision

    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "torchvision": str(torchvision.__version__),
        "system": platform.platform(),
    }


def peak_memory(device: torch.device) -> int | None:
    """Most bytes ever allocated on a GPU in this process; None on a CPU."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
