"""The table of all bundled networks, exact against published.

`python docs/zoo_table.py` writes it into docs/zoo.md, and its published rows into README.md,
each between the lines `<!-- zoo:begin -->` and `<!-- zoo:end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from mgiad_dsl import Compiled, Source, compile_source
from mgiad_dsl.base import resources
from mgiad_dsl.base.tables import Column, Table, render, tabulated
from mgiad_dsl.counting.claims import agrees, figure
from mgiad_dsl.counting.count import cost
from mgiad_dsl.language.syntax import Published
from mgiad_dsl.parse import parse
from mgiad_dsl.rewrite import rewrite
from mgiad_dsl.show.zoo import data_set

ROOT = Path(__file__).resolve().parent.parent
MARKED = re.compile(r"(?<=<!-- zoo:begin -->\n).*?(?=<!-- zoo:end -->)", re.DOTALL)


def networks() -> Iterator[Compiled]:
    """Every bundled network and all its variants."""
    for path in resources.bundled_specs():
        source = Source.read(str(path))
        for variant in [None, *(variant.name for variant in parse(source).variants)]:
            yield compile_source(source, variant)


_MODEL: tuple[Column[Compiled], ...] = (
    Column("model", lambda network: f"`{network.name}`"),
    Column("data set", data_set),
    Column("published", lambda network: _published(network)),
    Column("exact", lambda network: network.count.weights),
    Column("difference", lambda network: _difference(network)),
)
_COSTS: tuple[Column[Compiled], ...] = (
    Column("MACs", lambda network: network.count.written.macs),
    Column("MACs at -O1", lambda network: network.count.macs),
    Column("MACs at -O2", lambda network: cost(rewrite(network.written, 2)).macs),
    Column("saved by sharing", lambda network: network.count.unshared - network.count.weights),
    Column("saved by grouping", lambda network: network.count.ungrouped - network.count.weights),
)


def full(found: Sequence[Compiled]) -> Table:
    """All networks, with their costs, and what sharing and grouping save."""
    return tabulated("", (*_MODEL, *_COSTS), found)


def published(found: Sequence[Compiled]) -> Table:
    """The networks whose weights were published."""
    return tabulated("", _MODEL, [network for network in found if network.spec.published])


def _claim(network: Compiled) -> Published | None:
    return next(iter(network.spec.published), None)


def _published(network: Compiled) -> str | None:
    claim = _claim(network)
    return claim and figure(claim) + (" (reconstructed)" if "reconstructed" in claim.origin else "")


def _difference(network: Compiled) -> str | None:
    claim, weights = _claim(network), network.count.weights
    if claim is None:
        return None
    more = weights - int(claim.number.value)
    if more == 0:
        return "none"
    return "rounds to it" if agrees(claim, weights) else f"{more:+,}"


def filled(page: str, table: Table) -> str:
    """A page with the table between its markers."""
    text = render([table], "markdown").partition("\n\n")[2]  # the table without its title
    return MARKED.sub(lambda _: f"{text}\n", page)


if __name__ == "__main__":
    found = list(networks())
    for name, table in (("docs/zoo.md", full(found)), ("README.md", published(found))):
        page = ROOT / name
        page.write_text(filled(page.read_text(encoding="utf-8"), table), encoding="utf-8")
