"""What each pass of a level of optimisation saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.counting.count import Cost, cost
from mgiad_dsl.rewrite import stages


@dataclass(frozen=True)
class Saving:
    """A row: what is gone after a pass, or what is there before the first and after the last."""

    what: str
    rule: str | None
    cost: Cost


def stats(compiled: Compiled) -> Table:
    """The table of ``mgiad compile --stats``."""
    title = f"{compiled.title} at -O{compiled.level}{', for inference' * compiled.inference}"
    return tabulated(title, _COLUMNS, list(_savings(compiled)))


_COLUMNS: tuple[Column[Saving], ...] = (
    Column("pass", lambda row: row.what),
    Column("operations", lambda row: row.cost.operations),
    Column("MACs", lambda row: row.cost.macs),
    Column("activation elements", lambda row: row.cost.activations),
    Column("", lambda row: row.rule),
)


def _savings(compiled: Compiled) -> Iterator[Saving]:
    before = cost(compiled.written)
    yield Saving("as written", None, before)
    for pass_, network in stages(compiled.written, compiled.level, compiled.inference):
        after = cost(network)
        rule = (pass_.__doc__ or "").partition("\n\n")[0].replace("``", "")
        yield Saving(pass_.__name__, " ".join(rule.split()), _difference(after, before))
        before = after
    yield Saving("as it runs", None, before)


def _difference(after: Cost, before: Cost) -> Cost:
    return Cost(
        after.operations - before.operations,
        after.macs - before.macs,
        after.activations - before.activations,
    )
