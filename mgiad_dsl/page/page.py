"""Puts the page together: everything that it shows is inside it."""

from __future__ import annotations

from pathlib import PurePath

from mgiad_dsl.base.tables import Table
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.counting.tables import breakdowns, groups
from mgiad_dsl.draw.picture import fills
from mgiad_dsl.page import code
from mgiad_dsl.page.facts import facts
from mgiad_dsl.page.pictures import pictures
from mgiad_dsl.page.treemap import treemap
from mgiad_dsl.show import counts, memory
from mgiad_dsl.show.stats import stats


def page(compiled: Compiled, batch: int, dtype: str) -> str:
    """The page on a network, the same on every run.

    Args:
        compiled: the network.
        batch: the number of images whose memory is told.
        dtype: what the network is converted to for that.

    Raises:
        SpecError: there is no such batch, or dtype.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mgiad_dsl.page"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("page.html").render(
        title=compiled.title,
        overview=counts.overview(compiled),
        warnings=list(map(str, compiled.warnings)),
        pictures=pictures(compiled.written),
        treemap=treemap(compiled.count, fills(compiled.written)),
        breakdowns=breakdowns(compiled.count),
        groups=groups(compiled.count),
        costs=_costs(compiled, batch, dtype),
        spec=code.spec(compiled.source.text),
        spec_name=PurePath(compiled.source.name).name,
        python=code.python(compiled.python),
        highlighting=code.styles(),
        facts=facts(compiled),
    )


def _costs(compiled: Compiled, batch: int, dtype: str) -> list[Table]:
    """What each rewrite saves, and the memory."""
    fit = memory.Fit(compiled, compiled.memory(batch, dtype), None)
    return [stats(compiled), *memory.tables(fit)]
