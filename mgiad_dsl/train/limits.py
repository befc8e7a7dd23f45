"""What the arguments of ``mgiad train`` and ``mgiad eval`` may be; checked before torch loads."""

from __future__ import annotations

import argparse
import os
import re

from mgiad_dsl.base.files import check_folder
from mgiad_dsl.base.source import SpecError

DEVICE = re.compile(r"(cpu|cuda(:[0-9]+)?)")
MAX_SEED = 2**63 - 1  # what a generator of torch takes
MAX_WORKERS = 16  # by default: more rarely help, each takes memory


def check_data_arguments(args: argparse.Namespace) -> None:
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


def check_train_arguments(args: argparse.Namespace) -> None:
    """Raise SpecError for what ``mgiad train`` cannot do."""
    check_data_arguments(args)
    check_at_least(
        "--save-every", args.save_every, 0, "seconds, 600 by default; inf: at the end only"
    )
    if args.out is not None:
        check_folder(args.out, hint="--out names the folder of the run")


def check_eval_arguments(args: argparse.Namespace) -> None:
    """Raise SpecError for what ``mgiad eval`` cannot do."""
    check_data_arguments(args)
    if args.batch is not None:
        check_at_least("--batch", args.batch, 1, "images evaluated at a time")
    check_at_least("--robustness-images", args.robustness_images, 0, "0 for none")


def check_at_least(option: str, value: float, least: int, hint: str) -> None:
    """Raise SpecError for a smaller number, and for NaN."""
    if not value >= least:
        raise SpecError(f"{option} {value} is not a number of at least {least}", hint=hint)


def parse_seeds(text: str) -> tuple[int, ...]:
    """``0,1,2`` as numbers. Raises SpecError."""
    hint = "--seeds 0,1,2"
    try:
        seeds = tuple(int(word) for word in text.split(","))
    except ValueError:
        raise SpecError(f"--seeds {text!r} is not a list of numbers", hint=hint) from None
    if len(set(seeds)) < len(seeds):
        raise SpecError(f"--seeds {text!r} names a seed twice", hint=hint)
    if min(seeds) < 0 or max(seeds) > MAX_SEED:
        raise SpecError(f"--seeds {text!r}: a seed is a number from 0 to 2^63 - 1", hint=hint)
    return seeds


def default_workers() -> int:
    """This process's share of the cores it may use, 1 to ``MAX_WORKERS``."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # on this machine, set by torchrun
    return min(MAX_WORKERS, max(1, cores // processes))
