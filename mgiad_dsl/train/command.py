"""``mgiad train`` and ``mgiad eval``: their arguments, and what they call.

Nothing here imports torch before a command runs.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mgiad_dsl.train.data.names import NAMES
from mgiad_dsl.train.limits import (
    check_eval_arguments,
    check_train_arguments,
    default_workers,
    parse_seeds,
)
from mgiad_dsl.train.network import Network

if TYPE_CHECKING:
    from mgiad_dsl.train.data.sets import Where


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
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


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``mgiad train``, all but the spec."""
    parser.add_argument("--data", required=True, metavar="NAME", help=NAMES)
    add_data_arguments(parser)
    parser.add_argument("--recipe", metavar="NAME|FILE", help="default: one that suits the data")
    parser.add_argument(
        "--with",
        dest="changes",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIELD=VALUE",
        help="change fields of the recipe: --with epochs=5 lr=0.05",
    )
    parser.add_argument("--augment", choices=["none", "light", "paper"], help="of the recipe")
    parser.add_argument("--seeds", default="0", metavar="N,N", help="repeat; report mean and std")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the run, under runs/")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument(
        "--save-every", type=float, default=600, metavar="SECONDS", help="between checkpoints"
    )
    parser.add_argument("--tensorboard", action="store_true", help="write RUN/tensorboard too")
    parser.add_argument(
        "--deterministic", action="store_true", help="same bits on every GPU run, slower"
    )


def train(network: Network, args: argparse.Namespace) -> Path:
    """Train a network as ``args`` say; the folder of the run.

    Raises SpecError for anything the arguments can cause, SystemExit after a signal.
    """
    check_train_arguments(args)
    from mgiad_dsl.train.experiment import Options, run_experiment
    from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, load_recipe, parse_changes

    name = args.recipe or default_recipe(args.data)
    augmentation = AUGMENTATIONS[args.augment] if args.augment else {}
    recipe = load_recipe(name, augmentation | parse_changes(args.changes))
    options = Options(
        data=args.data,
        where=where(args),
        recipe=recipe,
        seeds=parse_seeds(args.seeds),
        out=args.out or Path("runs") / slug(f"{network.name}-{args.data}-{recipe.name}"),
        resume=args.resume,
        save_every=args.save_every,
        device=args.device,
        deterministic=args.deterministic,
        workers=args.workers,
        tensorboard=args.tensorboard,
    )
    return run_experiment(network, options)


def add_eval_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``mgiad eval``, the folder of the run among them."""
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--data", metavar="NAME", help=f"other than its own: {NAMES}")
    add_data_arguments(parser)
    parser.add_argument(
        "--robustness-images",
        type=int,
        default=1000,
        metavar="N",
        help="held-out images to corrupt and attack, spread evenly (1000); 0 for none",
    )
    parser.add_argument(
        "--batch",
        type=int,
        metavar="N",
        help="images computed at a time; default: 512, or 256 of image files",
    )


def evaluate_run(args: argparse.Namespace) -> None:
    """Evaluate a run as ``args`` say, print what was found and write it into the run.

    Raises SpecError for anything the arguments can cause.
    """
    check_eval_arguments(args)
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
    )
    name = f"eval-{slug(args.data)}" if args.data else "eval"
    print(write_examination(args.run, found, name))


def where(args: argparse.Namespace) -> Where:
    """Where the arguments say data sets lie."""
    from mgiad_dsl.train.data.sets import Where

    folder = args.data_dir or Path(os.environ.get("MGIAD_DATA", "data"))
    return Where(folder, args.download, args.mirror)


def slug(text: str) -> str:
    """A text as part of a file name."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text)


def default_recipe(data: str) -> str:
    kind = data.partition(":")[0]
    return {"digits": "digits", "imagenet": "imagenet", "imagefolder": "imagenet"}.get(kind, "fast")
