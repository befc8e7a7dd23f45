"""What ``mgiad count --vary`` gives for several parameters, several specs, or words: a grid."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence

from mgiad_dsl.base.output import put
from mgiad_dsl.base.printable import printable
from mgiad_dsl.base.source import CompilerError, SpecError
from mgiad_dsl.cli.forms import put_json
from mgiad_dsl.cli.messages import in_brief, show_problem
from mgiad_dsl.cli.tables import printed
from mgiad_dsl.compiler import compile_tree
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.rewrite import Level
from mgiad_dsl.show.grid import Row, grid_facts, grid_table
from mgiad_dsl.show.solution import settings
from mgiad_dsl.solving.counted import Candidate, counted
from mgiad_dsl.solving.grid import Axis, Grid, Values


def put_grid(
    options: Namespace, specs: Sequence[tuple[ast.Spec, str | None]], axes: Sequence[Axis]
) -> int:
    """Count every spec at all combinations of values; 1 if one of them is no network.

    Raises:
        SpecError: anything wrong in the specs or the options.
    """
    grids = [Grid(*spec, tuple(axes), dict(options.settings)) for spec in specs]
    rows = [row for grid in grids for row in _rows(grid, options.level)]
    if options.form == "json":
        put_json([grid_facts(rows)])
    else:
        put(printed([grid_table(rows)], options))
    return 0 if all(row.reason is None for row in rows) else 1


def _rows(grid: Grid, level: Level) -> Iterator[Row]:
    name = grid.checked({}).title
    for each in counted(grid, level):
        if isinstance(each, Candidate):
            yield Row(name, each.values, each.weights, each.body, each.macs)
        else:
            reason = _reason(grid, each.values, level)
            show_problem(f"{name} {settings(each.values)}: {in_brief(reason)}")
            yield Row(name, each.values, reason=printable(reason.message))


def _reason(grid: Grid, values: Values, level: Level) -> SpecError:
    """Why the network cannot take these values, in its own numbers."""
    try:
        compile_tree(grid.tree, grid.variant, {**grid.settings, **values}, level)
    except SpecError as error:
        return error
    raise CompilerError(f"{values} make a network after all")
