"""``mgiad report``: one HTML page on a network."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from pathlib import Path

from mgiad_dsl.base.files import write
from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.memory import DTYPE
from mgiad_dsl.cli.messages import say
from mgiad_dsl.cli.specs import add_spec, compiled
from mgiad_dsl.cli.training import check_at_least

_EXAMPLES = """examples:
  mgiad report mgiad -o mgiad.html
  mgiad report mgnet --set width=2 --batch 128 --dtype bf16 -o mgnet.html
"""
_NEEDED = ("plotly", "pygments", "jinja2")
_BATCH = 128


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command)
    command.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="the page, .html; - for the output"
    )
    command.add_argument(
        "--batch", type=int, default=_BATCH, metavar="N",
        help=f"the number of images whose memory is told; default: {_BATCH}",
    )  # fmt: skip
    command.add_argument(
        "--dtype", default=DTYPE, metavar="NAME",
        help=f"what network and images are converted to, such as bf16; default: {DTYPE}",
    )  # fmt: skip


def _run(options: Namespace) -> int:
    check_at_least("--batch", options.batch, 1, "a number of images")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SpecError(
            f"the page needs {', '.join(missing)}", hint='pip install "mgiad-dsl[report]"'
        )
    from mgiad_dsl.page import page

    network = compiled(options.spec, options)
    text = page(network, options.batch, options.dtype)
    if options.output == "-":
        put(text, end="")
    else:
        write(Path(options.output), text)
        say(f"wrote {options.output}, {len(text.encode()) / 1e6:.1f} MB")
    return 0


COMMAND = Command("report", "write a page on a network", _EXAMPLES, _add_arguments, _run)
