"""Networks side by side, and the totals of one with what was published, as tables."""

from __future__ import annotations

from collections.abc import Sequence

from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.counting import tables
from mgiad_dsl.counting.claims import difference, figure
from mgiad_dsl.language import syntax as ast


def overview(compiled: Compiled) -> Table:
    """The totals of one network, with what was published."""
    return tables.overview(compiled.count, _claims(compiled))


_NETWORK: tuple[Column[Compiled], ...] = (
    Column("network", lambda network: network.title),
    Column("weights", lambda network: network.count.weights),
    Column("published", lambda network: "; ".join(map(_printed, network.spec.claimed))),
    Column("difference", lambda network: "; ".join(_differences(network))),
    Column("dead", lambda network: network.count.dead),
    Column("unshared", lambda network: network.count.unshared),
    Column("ungrouped", lambda network: network.count.ungrouped),
    Column("MACs per image", lambda network: network.count.macs),
)


def comparison(networks: Sequence[Compiled]) -> Table:
    """Networks side by side."""
    return tabulated("networks", _NETWORK, networks)


def _claims(network: Compiled) -> str:
    pairs = zip(network.spec.claimed, _differences(network), strict=True)
    return "; ".join(f"published {_printed(claim)}: {off}" for claim, off in pairs)


def _printed(claim: ast.Published) -> str:
    return f"{figure(claim)} ({claim.origin})"


def _differences(network: Compiled) -> list[str]:
    return [difference(claim, network.count.weights) for claim in network.spec.claimed]
