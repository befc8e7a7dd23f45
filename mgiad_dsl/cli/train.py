"""``mgiad train``: a compiled spec, a data set and a recipe make a run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mgiad_dsl.base.files import check_folder
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.messages import is_quiet, say
from mgiad_dsl.cli.specs import add_spec, compiled
from mgiad_dsl.cli.training import (
    add_data_arguments,
    check_at_least,
    check_data_arguments,
    need_torch,
    slug,
    where,
)
from mgiad_dsl.train.data.names import NAMES, UNMIRRORED
from mgiad_dsl.train.network import Network, trainable

if TYPE_CHECKING:
    from mgiad_dsl.train.recipes.recipe import Recipe

DEFAULT_RECIPES = {
    "digits": "digits",
    "imagenet": "imagenet",
    "imagefolder": "imagenet",
    "pets": "segmentation",
    "voc": "segmentation",
    "maskfolder": "segmentation",
    "poisson": "poisson",
    "darcy": "darcy",
    "tensors": "darcy",
}
MAX_SEED = 2**63 - 1  # what a generator of torch takes

_EXAMPLES = """examples:
  mgiad train digits --data digits
  mgiad train mgnet --data cifar10 --data-dir ~/data --recipe paper
  mgiad train mgiad --set width=2 --data cifar100 --with epochs=5 --seeds 0,1,2
  mgiad train mgnet:cifar100 --data cifar100 --weights runs/mgnet-cifar10-fast-seed0
  mgiad train mgnet --data fake:3x32x32:10:5000 --with epochs=1
  mgiad train poisson_learned --data poisson:31
"""


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command)
    add_train_arguments(command)


def add_train_arguments(parser: ArgumentParser) -> None:
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
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="start from the weights in it that fit, or from those of a run, by its folder",
    )
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


def _run(options: Namespace) -> int:
    need_torch()
    train(trainable(compiled(options.spec, options)), options)
    return 0


def train(network: Network, args: Namespace) -> Path:
    """Train a network as ``args`` say; the folder of the run.

    Raises SpecError for anything the arguments can cause, SystemExit after a signal.
    """
    check_train_arguments(args)
    from mgiad_dsl.train.experiment import Options, run_experiment

    recipe, seeds = chosen_recipe(args), parse_seeds(args.seeds)
    options = Options(
        data=args.data,
        where=where(args),
        recipe=recipe,
        seeds=seeds,
        out=args.out or default_folder(network.name, recipe.name, args, seeds),
        resume=args.resume,
        save_every=args.save_every,
        device=args.device,
        deterministic=args.deterministic,
        workers=args.workers,
        tensorboard=args.tensorboard,
        weights=args.weights,
        quiet=is_quiet(),
    )
    return run_experiment(network, options)


def chosen_recipe(args: Namespace) -> Recipe:
    """The recipe that the arguments mean."""
    from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, parse_changes

    augmentation = AUGMENTATIONS[args.augment] if args.augment else {}
    changes, name = parse_changes(args.changes), args.recipe or default_recipe(args.data)
    return recipe_for(args.data, name, changes, augmentation)


def recipe_for(
    data: str,
    name: str,
    changes: dict[str, object],
    augmentation: Mapping[str, object] | None = None,
) -> Recipe:
    """A recipe with changes, for a data set: digits are mirrored only where they say so."""
    from mgiad_dsl.train.recipes.recipe import load_recipe

    recipe = load_recipe(name, {**(augmentation or {}), **changes})
    if recipe.flip and "flip" not in changes and data in UNMIRRORED:
        say("note: no flip: a mirrored digit is none, or another (--with flip=true)")
        return recipe.model_copy(update={"flip": False})
    return recipe


def default_folder(network: str, recipe: str, args: Namespace, seeds: tuple[int, ...]) -> Path:
    """``runs/mgnet-cifar10-paper-epochs=5-seed0``; several seeds have folders in one."""
    augmentation = [f"augment={args.augment}"] if args.augment else []
    seed = [f"seed{seeds[0]}"] if len(seeds) == 1 else []
    start = [f"from={args.weights.name}"] if args.weights else []
    words = [network, args.data, recipe, *augmentation, *args.changes, *start, *seed]
    return Path("runs") / slug("-".join(words))


def check_train_arguments(args: Namespace) -> None:
    """Raise SpecError for what ``mgiad train`` cannot do."""
    check_data_arguments(args)
    check_at_least(
        "--save-every", args.save_every, 0, "seconds, 600 by default; inf: at the end only"
    )
    if args.out is not None:
        check_folder(args.out, hint="--out names the folder of the run")


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


def default_recipe(data: str) -> str:
    kind, *fields = data.split(":")
    if kind == "fake" and len(fields) < 3:  # without a number of images
        return "trial"
    return DEFAULT_RECIPES.get(kind, "fast")


COMMAND = Command("train", "train a network", _EXAMPLES, _add_arguments, _run)
