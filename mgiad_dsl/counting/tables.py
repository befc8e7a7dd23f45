"""The counts of a network as tables. A new column, or a new total, is one entry here."""

from __future__ import annotations

from collections.abc import Callable

from mgiad_dsl.base.tables import Cell, Column, Table, tabulated
from mgiad_dsl.counting.count import FLOAT_BYTES, GroupCount, WeightCount


def overview(counted: WeightCount, published: str = "") -> Table:
    """The totals of one network, and beside its weights what was ``published`` of them."""
    rows: list[tuple[Cell, ...]] = [
        ("weights", counted.weights, published),
        ("  used", counted.used, "on a path to an output"),
        ("  dead", counted.dead, "declared, but on no path to an output"),
        ("if nothing were shared", counted.unshared, _times(counted.unshared, counted.weights)),
        ("if nothing were grouped", counted.ungrouped, _times(counted.ungrouped, counted.weights)),
        ("buffers", counted.buffers, "norm statistics and fixed stencils: not trained"),
        ("MACs per image", counted.macs, _saved(counted.macs, counted.written.macs)),
        (
            "activation elements per image",
            counted.activations,
            _saved(counted.activations, counted.written.activations),
        ),
        ("bytes", counted.bytes, f"weights and buffers, {FLOAT_BYTES} bytes each"),
    ]
    return Table(counted.name, ("", "count", ""), tuple(rows))


# -- sharing groups, each and summed -------------------------------------------------------

Quantity = tuple[str, Callable[[GroupCount], int]]

_RUNS: tuple[Quantity, ...] = (
    ("uses", lambda group: group.uses),
    ("weights", lambda group: group.weights),
)
_COSTS: tuple[Quantity, ...] = (
    ("buffers", lambda group: group.buffers),
    ("MACs", lambda group: group.macs),
    ("unshared", lambda group: group.unshared),
    ("ungrouped", lambda group: group.ungrouped),
)
_DEAD: Quantity = ("dead", lambda group: group.weights if group.dead else 0)

_GROUP: tuple[Column[GroupCount], ...] = (
    Column("group", lambda group: group.name),
    Column("kind", lambda group: group.kind),
    Column("role", lambda group: group.role),
    Column("level", lambda group: group.level),
    *(Column(title, of) for title, of in (*_RUNS, *_COSTS)),
)


def groups(counted: WeightCount) -> Table:
    """Every sharing group."""
    return tabulated("by sharing group", _GROUP, counted.groups)


def breakdowns(counted: WeightCount) -> list[Table]:
    """Weights by operator family, level and role; each column sums to the total."""
    return [
        _by(counted, "by operator family", "family", lambda group: group.family),
        _by(counted, "by level", "level", lambda group: group.level),
        _by(counted, "by role", "role", lambda group: group.role),
    ]


_Part = tuple[str, list[GroupCount]]


def _by(counted: WeightCount, title: str, name: str, key: Callable[[GroupCount], str]) -> Table:
    columns: list[Column[_Part]] = [
        Column(name, lambda part: part[0]),
        Column("groups", lambda part: len(part[1])),
        *(_summed(quantity) for quantity in (*_RUNS, _DEAD, *_COSTS)),
    ]
    return tabulated(title, columns, counted.by(key).items())


def _summed(quantity: Quantity) -> Column[_Part]:
    title, of = quantity
    return Column(title, lambda part: sum(map(of, part[1])))


def _saved(runs: int, written: int) -> str:
    """How much less runs than the spec writes."""
    if runs == written:
        return "as written"
    return f"{1 - runs / written:.1%} less than the {written:,} as written"


def _times(more: int, weights: int) -> str:
    return f"{more / weights:.2f} times as many" if weights else ""
