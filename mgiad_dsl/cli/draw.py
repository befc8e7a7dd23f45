"""``mgiad draw``: a picture of the architecture."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from mgiad_dsl.base.output import put
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.messages import say
from mgiad_dsl.cli.specs import add_spec, compiled

_EXAMPLES = """examples:
  mgiad draw mgiad -o mgiad.svg
  mgiad draw mgnet -o mgnet.pdf
  mgiad draw mgnet --detail -o all.svg     every operation
  mgiad draw mgnet -o - > mgnet.dot        DOT text
  mgiad draw mgnet --detail -O1 -o run.svg what runs after rewrites
"""


def _add_arguments(command: ArgumentParser) -> None:
    add_spec(command, level=0)
    command.add_argument(
        "-o", "--output", required=True, metavar="FILE", help=".svg, .png, .pdf or .dot; - for DOT"
    )
    command.add_argument("--detail", action="store_true", help="draw every operation")
    command.add_argument(
        "--no-legend", dest="legend", action="store_false", help="the figure alone, for one page"
    )


def _run(options: Namespace) -> int:
    from mgiad_dsl.draw import draw, render

    drawn = compiled(options.spec, options)
    if drawn.level and not options.detail:
        say(f"note: blocks show what the spec writes; --detail draws what runs at -O{drawn.level}")
    network = drawn.network if options.detail else drawn.written
    network = replace(network, name=drawn.title)
    text = draw(network, detail=options.detail, legend=options.legend)
    if options.output == "-":
        put(text)
    else:
        path = Path(options.output)
        render(text, path, path.suffix.removeprefix("."))
        say(f"drew {drawn.title} to {options.output}")
    return 0


COMMAND = Command("draw", "draw the architecture", _EXAMPLES, _add_arguments, _run)
