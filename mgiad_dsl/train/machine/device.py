"""The device a run computes on."""

from __future__ import annotations

import platform

import torch

from mgiad_dsl.base.source import SpecError


def choose_device(name: str | None = None, local_rank: int = 0) -> torch.device:
    """The named device, or a GPU if there is one; ``local_rank`` numbers a machine's GPUs."""
    name = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type == "cuda":
            device = torch.device("cuda", local_rank) if device.index is None else device
            torch.cuda.set_device(device)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SpecError(f"no device {name!r}: {reason}", hint="--device cpu") from error
    return device


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
