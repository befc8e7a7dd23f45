"""``mgiad count``: one network in full, several side by side, or one as parameters vary."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgiad_dsl.base.output import put
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.base.tables import Table
from mgiad_dsl.cli.command import Command
from mgiad_dsl.cli.forms import add_forms, put_json
from mgiad_dsl.cli.grid import put_grid
from mgiad_dsl.cli.memory import add_memory_arguments, asks_for_memory, fit
from mgiad_dsl.cli.specs import add_specs, compiled, setting
from mgiad_dsl.cli.symbolic import put_formulas
from mgiad_dsl.cli.tables import add_table_arguments, check_table_arguments, printed
from mgiad_dsl.cli.vary import vary
from mgiad_dsl.compiler import Compiled, read
from mgiad_dsl.counting.tables import breakdowns, groups
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.show import counts
from mgiad_dsl.show.facts import growth_facts, network_facts
from mgiad_dsl.show.variation import growth_table
from mgiad_dsl.solving.grid import axis, spelled

if TYPE_CHECKING:
    from mgiad_dsl.show.memory import Fit

_EXAMPLES = """examples:
  mgiad count mgnet                        totals, families, levels, roles
  mgiad count mgiad --groups               every sharing group as well
  mgiad count resnet18:cifar10 mgnet mgnet:A   side by side
  mgiad count mgiad --set width=2 --json   for programs
  mgiad count mgiad --vary width=1,2,4,8   how weights grow with the width
  mgiad count mgiad mgic --vary c_K=16,32,64 g_s=4,8   a grid
  mgiad count mgiad --symbolic width,c_K   closed formulas
  mgiad count mgnet --batch 128 --dtype bf16   memory of training and inference
  mgiad count mgnet --fit 16GiB            the largest batch that trains in it
  mgiad count mgnet mgiad --latex --columns network,weights --label tab:weights
"""


def _add_arguments(command: ArgumentParser) -> None:
    add_specs(command)
    command.add_argument("--groups", action="store_true", help="list every sharing group")
    command.add_argument(
        "--vary",
        nargs="+",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="count at each of these values, 16,32,64 or first:last:step: of one number with the "
        "exponents of growth; of several parameters, words or specs as a grid; once more "
        "for a table more",
    )
    command.add_argument(
        "--symbolic",
        metavar="NAMES",
        help="the closed formulas of weights in these parameters: width,c_K; --vary says at "
        "which values cases are looked for",
    )
    add_memory_arguments(command)
    add_forms(command, "docs/count.md", "sharing groups of one network, or several networks")
    add_table_arguments(command)


def _run(options: Namespace) -> int:
    check_table_arguments(options)
    with_memory = asks_for_memory(options)
    if options.symbolic is not None:
        return put_formulas(options)
    if options.vary:
        return _count_varied(options)
    networks = [compiled(name, options) for name in options.specs]
    fits = [fit(network, options) for network in networks] if with_memory else []
    if options.form == "json":
        put_json(_facts(networks, fits))
    elif options.form == "csv" and options.columns is None:
        one = len(networks) == 1
        table = groups(networks[0].count) if one else counts.comparison(networks)
        put(printed([table], options))
    else:
        put(printed(_tables(networks, fits, options), options))
    return 0


def _tables(networks: Sequence[Compiled], fits: Sequence[Fit], options: Namespace) -> list[Table]:
    """Side by side, and each in full if there is one only or its groups are wanted."""
    with_groups = options.groups or "group" in (options.columns or ())
    tables = [counts.comparison(networks)] if len(networks) > 1 else []
    for network in networks if with_groups or len(networks) == 1 else []:
        tables += [counts.overview(network), *breakdowns(network.count)]
        tables += [groups(network.count)] if with_groups else []
    return [*tables, *(_memory_tables(fits) if fits else [])]


def _memory_tables(fits: Sequence[Fit]) -> list[Table]:
    from mgiad_dsl.show import memory

    return memory.tables(fits[0]) if len(fits) == 1 else [memory.comparison(fits)]


def _facts(networks: Sequence[Compiled], fits: Sequence[Fit]) -> list[dict[str, object]]:
    if not fits:
        return [network_facts(network) for network in networks]
    from mgiad_dsl.show import memory

    return [{**network_facts(each.network), "memory": memory.facts(each)} for each in fits]


def _count_varied(options: Namespace) -> int:
    """One table for each --vary, other parameters at their own values meanwhile."""
    groups: list[list[tuple[str, str]]] = options.vary
    if len(groups) > 1 and options.form == "csv":
        raise SpecError("--csv is one table", hint="one command for each --vary")
    specs = [read(spec) for spec in options.specs]  # once: one may be standard input
    tree, variant = specs[0]
    if not specs[1:] and all(_grows(tree, group) for group in groups):
        return _count_growing(tree, variant, options)
    if groups[1:]:
        raise SpecError("several --vary are several tables", hint="a grid: --vary a=1,2 b=3,4")
    return put_grid(options, specs, [axis(name, values) for name, values in groups[0]])


def _grows(tree: ast.Spec, group: Sequence[tuple[str, str]]) -> bool:
    """Whether one number varies, so that there is an order in its values."""
    words = [p.name for p in tree.parameters if isinstance(p.default, (ast.Name, ast.Boolean))]
    return len(group) == 1 and group[0][0] not in words


def _count_growing(tree: ast.Spec, variant: str | None, options: Namespace) -> int:
    settings, level = dict(options.settings), options.level
    found = [
        vary(tree, variant, name, spelled(name, values), settings, level)
        for ((name, values),) in options.vary
    ]
    if options.form == "json":
        put_json([growth_facts(each) for each in found])
    else:
        put(printed([growth_table(each) for each in found], options))
    return 0 if all(len(each.points) == len(each.samples) for each in found) else 1


COMMAND = Command("count", "count weights exactly", _EXAMPLES, _add_arguments, _run)
