"""``mgiad list``: the bundled specs with their variants."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from mgiad_dsl.base import resources
from mgiad_dsl.base.output import put
from mgiad_dsl.base.tables import render
from mgiad_dsl.cli.command import Command
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.show.zoo import bundled, variants

_EXAMPLES = """examples:
  mgiad list                               a line for each spec
  mgiad list --variants                    a line for each variant as well
"""


def _add_arguments(command: ArgumentParser) -> None:
    command.add_argument("--variants", action="store_true", help="list every variant as well")


def _run(options: Namespace) -> int:
    trees = [read(str(path))[0] for path in resources.bundled_specs()]
    if options.variants:
        names = [(tree, [None, *(variant.name for variant in tree.variants)]) for tree in trees]
        table = variants(compile_tree(tree, name) for tree, found in names for name in found)
    else:
        table = bundled(map(compile_tree, trees))
    put(render([table], "table"))
    return 0


COMMAND = Command("list", "list the bundled specs", _EXAMPLES, _add_arguments, _run)
