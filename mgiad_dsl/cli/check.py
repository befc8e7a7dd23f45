"""``mgiad check``: everything that is wrong in specs, each with all its variants."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.messages import show_error, show_warnings
from mgiad_dsl.cli.specs import add_specs
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.language import syntax as ast

_EXAMPLES = """examples:
  mgiad check specs/mgnet.mgspec           the network and all its variants
  mgiad check mgiad:w3                     one variant
  mgiad check net.mgspec --set width=2     with another parameter
"""


def _run(options: Namespace) -> int:
    found_right = True
    for name in options.specs:
        try:
            tree, variant = read(name)
        except SpecError as error:
            show_error(error)
            found_right = False
            continue
        variants = [variant] if variant else [None, *(v.name for v in tree.variants)]
        found_right = _check(tree, variants, options) and found_right
    return 0 if found_right else 1


def _check(tree: ast.Spec, variants: Sequence[str | None], options: Namespace) -> bool:
    """Check variants; what is wrong with several of them is said once."""
    shown: set[str] = set()
    found_right = True
    for variant in variants:
        try:
            compiled = compile_tree(tree, variant, dict(options.settings), options.level)
        except SpecError as error:
            found_right = False
            if str(error) not in shown:
                show_error(error)
            shown.add(str(error))
            continue
        show_warnings(compiled.warnings)
        put(f"{compiled.title}: {compiled.count.weights:,} weights, no errors")
    return found_right


COMMAND = Command("check", "find everything wrong in specs", _EXAMPLES, add_specs, _run)
