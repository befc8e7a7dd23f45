"""``mgiad draw``: a picture of the architecture."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from dataclasses import replace
from pathlib import Path

from mgiad_dsl.base.output import put
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.messages import say
from mgiad_dsl.cli.specs import add_spec, compiled

_EXAMPLES = """examples:
  mgiad draw mgiad -o mgiad.svg
  mgiad draw mgiad --width 6.75in -o fig.pdf   for the text width of a paper, type of 7 pt or more
  mgiad draw mgnet --layout landscape --theme dark -o slide.svg
  mgiad draw mgnet --highlight 'A[2]' -o shared.svg
  mgiad draw mgnet --depth ops -o all.svg      every operation
  mgiad draw mgnet --depth ops -O1 -o run.svg  what runs after rewrites
  mgiad draw mgnet -o - > mgnet.dot            DOT text
"""
_UNITS = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command, level=0)
    command.add_argument(
        "-o", "--output", required=True, metavar="FILE",
        help=".svg, .png, .pdf, .tex (TikZ) or .dot; - for DOT",
    )  # fmt: skip
    command.add_argument(
        "--depth", choices=("levels", "steps", "ops"),
        help="a block for each level, for the steps of each visit (default), or every operation",
    )  # fmt: skip
    command.add_argument(
        "--width", type=_inches, metavar="W",
        help="exactly so wide, 3.25in, 17cm, with type of at least 7 pt: what does not fit is "
        "drawn narrower, folded, then with --depth levels",
    )  # fmt: skip
    command.add_argument(
        "--layout", choices=("portrait", "landscape"), default="portrait",
        help="levels from the top down, or from left to right",
    )  # fmt: skip
    command.add_argument(
        "--fold", action=BooleanOptionalAction, default=None,
        help="draw levels and steps that look alike once (default: where it must be)",
    )  # fmt: skip
    command.add_argument("--theme", choices=("light", "dark", "print"), default="light")
    command.add_argument("--title", metavar="TEXT", help="instead of the name; '' for none")
    command.add_argument(
        "--highlight", action="append", default=[], metavar="A[2]",
        help="colour only these sharing groups and tie the places that use them; may be repeated",
    )  # fmt: skip
    command.add_argument("--bars", action="store_true", help="show the weights of each chip")
    command.add_argument(
        "--legend", action=BooleanOptionalAction, default=None,
        help="equations and weights below the figure (default: unless there is a width)",
    )  # fmt: skip


def _inches(text: str) -> float:
    """A length in inches."""
    length = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*(in|cm|mm|pt)?", text.strip())
    if length is None or not 0.5 <= float(length[1]) * _UNITS[length[2] or "in"] <= 200:
        raise ArgumentTypeError(f"{text} is no width: 3.25in, 17cm, 170mm, 486pt")
    return float(length[1]) * _UNITS[length[2] or "in"]


def _run(options: Namespace) -> int:
    from mgiad_dsl.draw import THEMES, Look, draw, render

    drawn = compiled(options.spec, options)
    ops = options.depth == "ops"
    if drawn.level and not ops:
        say(
            "note: blocks show what the spec writes; --depth ops draws what runs at "
            f"-O{drawn.level}"
        )
    network = replace(drawn.network if ops else drawn.written, name=drawn.title)
    look = Look(
        depth=options.depth, fold=options.fold, width=options.width, layout=options.layout,
        legend=options.legend, title=options.title, theme=THEMES[options.theme],
        highlight=tuple(options.highlight), bars=options.bars,
    )  # fmt: skip
    text = draw(network, look)
    if options.output == "-":
        put(text)
    else:
        path = Path(options.output)
        render(text, path, path.suffix.removeprefix("."))
        say(f"drew {drawn.title} to {options.output}")
    return 0


COMMAND = Command("draw", "draw the architecture", _EXAMPLES, _add_arguments, _run)
