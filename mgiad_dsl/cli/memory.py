"""What ``mgiad count`` is asked about memory, and the answer for each network."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from mgiad_dsl.base.amounts import amount, shown
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.training import check_at_least
from mgiad_dsl.compiler import Compiled

if TYPE_CHECKING:
    from mgiad_dsl.show.memory import Fit

DTYPE = "float32"


def add_memory_arguments(command: ArgumentParser) -> None:
    command.add_argument(
        "--batch", type=int, metavar="N", help="the memory of training and inference as well"
    )
    command.add_argument(
        "--fit",
        metavar="SIZE",
        help="the largest batch that trains in so much memory, such as 16GiB",
    )
    command.add_argument(
        "--dtype",
        metavar="NAME",
        help=f"what network and images are converted to, such as bf16; default: {DTYPE}",
    )


def asks_for_memory(options: Namespace) -> bool:
    """Whether the options do.

    Raises:
        SpecError: a wrong value, or what does not go together.
    """
    if options.batch is None and options.fit is None:
        if options.dtype is not None:
            raise SpecError("--dtype is that of a batch", hint="--batch N, or --fit SIZE")
        return False
    from mgiad_dsl.counting.arrays import known_dtype

    if options.vary:
        raise SpecError("--vary counts weights, not memory", hint="one command for each value")
    if options.form == "csv":
        raise SpecError("--csv is one table, that of the counts", hint="--json")
    if options.batch is not None:
        check_at_least("--batch", options.batch, 1, "a number of images")
    if options.fit is not None:
        amount(options.fit)
    known_dtype(options.dtype or DTYPE)
    return True


def fit(network: Compiled, options: Namespace) -> Fit:
    """The memory of a network for the batch that is asked for, or the largest that fits.

    Raises:
        SpecError: there is no largest batch.
    """
    from mgiad_dsl.show.memory import Fit  # not needed to count

    dtype = options.dtype or DTYPE
    room = options.fit and amount(options.fit)
    batch = options.batch or _largest(network, room, dtype)
    return Fit(network, network.memory(batch, dtype), room)


def _largest(network: Compiled, room: int, dtype: str) -> int:
    one = network.memory(1, dtype)
    batch = one.largest(room)
    if batch is None:
        raise SpecError(
            f"{network.title} saves nothing of an image: there is no largest batch",
            hint="--batch N",
        )
    if batch == 0:
        raise SpecError(
            f"{network.title} does not train in {shown(room)}: a batch of one image takes "
            f"{shown(one.training)} in {one.dtype.name}"
        )
    return batch
