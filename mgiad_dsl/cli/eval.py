"""``mgiad eval``: what a trained network does on held-out data."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mgiad_dsl.base.files import check_folder
from mgiad_dsl.base.output import put
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.training import (
    add_data_arguments,
    check_at_least,
    check_data_arguments,
    need_torch,
    slug,
    where,
)
from mgiad_dsl.train.data.names import NAMES

_EXAMPLES = """examples:
  mgiad eval runs/digits-digits-digits-seed0
  mgiad eval RUN --weights RUN/best.safetensors
  mgiad eval runs/mgnet-cifar10-paper-seed0 --data-dir ~/data --robustness-images 0
"""


def add_eval_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of ``mgiad eval``, the folder of the run among them."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--data", metavar="NAME", help=f"other than its own: {NAMES}")
    add_data_arguments(parser)
    parser.add_argument(
        "--robustness-images",
        type=int,
        metavar="N",
        help="held-out images to corrupt and attack, spread evenly (default: 1000); 0 for none",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="other weights of the same network, such as RUN/best.safetensors, or those of "
        "another run, by its folder",
    )
    parser.add_argument(
        "--batch",
        type=int,
        metavar="N",
        help="images computed at a time; default: 512, or 256 of image files",
    )


def _run(options: Namespace) -> int:
    need_torch()
    evaluate_run(options)
    return 0


def evaluate_run(args: Namespace) -> None:
    """Evaluate a run as ``args`` say, print what was found and write it into the run.

    Raises SpecError for anything the arguments can cause.
    """
    check_eval_arguments(args)
    if args.run.is_dir():
        check_folder(args.run, hint="the results are written into the run: copy it")
    from mgiad_dsl.train.evaluation.examine import examine
    from mgiad_dsl.train.evaluation.findings import write_examination

    found = examine(
        args.run,
        args.data,
        where(args),
        args.device,
        images=args.robustness_images,
        batch=args.batch,
        workers=args.workers,
        weights=args.weights,
    )
    put(write_examination(args.run, found, results_name(args), args.weights))


def results_name(args: Namespace) -> str:
    """``eval``, ``eval-best`` with the weights of best.safetensors, ``eval-best-digits``"""
    weights = [args.weights.name.removesuffix(".safetensors")] if args.weights else []
    return slug("-".join(["eval", *weights, *([args.data] if args.data else [])]))


def check_eval_arguments(args: Namespace) -> None:
    """Raise SpecError for what ``mgiad eval`` cannot do."""
    check_data_arguments(args)
    if args.batch is not None:
        check_at_least("--batch", args.batch, 1, "images evaluated at a time")
    if args.robustness_images is not None:
        check_at_least("--robustness-images", args.robustness_images, 0, "0 for none")


COMMAND = Command("eval", "evaluate a trained network", _EXAMPLES, add_eval_arguments, _run)
