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
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.rewrite import Level
from mgiad_dsl.show.grid import Row, grid_facts, grid_table
from mgiad_dsl.show.solution import settings
from mgiad_dsl.solving.counted import Candidate, counted
from mgiad_dsl.solving.grid import Axis, Grid, Values


def put_grid(options: Namespace, axes: Sequence[Axis]) -> int:
    """Count every spec at all combinations of values; 1 if one of them is no network.

    Raises:
        SpecError: anything wrong in the specs or the options.
    """
    rows = [row for spec in options.specs for row in _rows(spec, options, tuple(axes))]
    if options.form == "json":
        put_json([grid_facts(rows)])
    else:
        put(printed([grid_table(rows)], options))
    return 0 if all(row.reason is None for row in rows) else 1


def _rows(spec: str, options: Namespace, axes: tuple[Axis, ...]) -> Iterator[Row]:
    tree, variant = read(spec)
    grid = Grid(tree, variant, axes, dict(options.settings))
    name = grid.checked({}).title
    for each in counted(grid, options.level):
        if isinstance(each, Candidate):
            yield Row(name, each.values, each.weights, each.body, each.macs)
        else:
            reason = _reason(grid, each.values, options.level)
            show_problem(f"{name} {settings(each.values)}: {in_brief(reason)}")
            yield Row(name, each.values, reason=printable(reason.message))


def _reason(grid: Grid, values: Values, level: Level) -> SpecError:
    """Why the network cannot take these values, in its own numbers."""
    try:
        compile_tree(grid.tree, grid.variant, {**grid.settings, **values}, level)
    except SpecError as error:
        return error
    raise CompilerError(f"{values} make a network after all")
