"""What ``mgiad train`` and ``mgiad eval`` share: the options of data and device."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import SpecError

if TYPE_CHECKING:
    from mgiad_dsl.train.data.sets import Where

DEVICE = re.compile(r"(cpu|cuda(:[0-9]+)?)")
MAX_WORKERS = 16  # by default: more rarely help, each takes memory


def add_data_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="data sets (or MGIAD_DATA)")
    parser.add_argument("--download", action="store_true", help="fetch the data if missing")
    parser.add_argument("--mirror", metavar="URL", help="folder to fetch the data from instead")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1; default: a GPU if any")
    parser.add_argument(
        "--workers",
        type=int,
        default=default_workers(),
        metavar="N",
        help="processes that decode image files (default: this process's share of the usable "
        "cores, at most 16: %(default)s here)",
    )


def check_data_arguments(args: Namespace) -> None:
    """Raise SpecError for a wrong device, number of workers, or a mirror of nothing."""
    if args.device is not None and not DEVICE.fullmatch(args.device):
        raise SpecError(
            f"--device {args.device} is none that can train",
            hint="--device cpu, cuda, or cuda:1 (the second GPU)",
        )
    check_at_least("--workers", args.workers, 0, "0 decodes in the training process itself")
    if args.mirror is not None and not args.download:
        raise SpecError(
            "--mirror says where to download from, and nothing is downloaded",
            hint=f"--download --mirror {args.mirror}",
        )


def check_at_least(option: str, value: float, least: int, hint: str) -> None:
    """Raise SpecError for a smaller number, and for NaN."""
    if not value >= least:
        raise SpecError(f"{option} {value} is not a number of at least {least}", hint=hint)


def default_workers() -> int:
    """This process's share of the cores it may use, 1 to ``MAX_WORKERS``."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # on this machine, set by torchrun
    return min(MAX_WORKERS, max(1, cores // processes))


def where(args: Namespace) -> Where:
    """Where the arguments say data sets lie."""
    from mgiad_dsl.train.data.sets import Where

    folder = args.data_dir or Path(os.environ.get("MGIAD_DATA", "data"))
    return Where(folder, args.download, args.mirror)


def slug(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._=]+", "-", text).strip("-")


def need_torch(what: str = "training") -> None:
    """Raise SpecError where PyTorch is not installed."""
    if find_spec("torch") is None:
        raise SpecError(f"{what} needs PyTorch", hint='pip install "mgiad-dsl[torch]"')
