"""What a spec says of itself: `expect` is exact, `published` is a printed figure."""

from __future__ import annotations

import re
from fractions import Fraction

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Caution, SpecError
from mgiad_dsl.counting.count import WeightCount
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.spec import NetSpec


def check_claims(spec: NetSpec, counted: WeightCount, report: Report) -> None:
    """Compare a count with the claims of its spec; under other settings they are skipped."""
    if spec.customised:
        return
    for expect in spec.expects:
        if expect.number.value != counted.weights:
            report.error(
                SpecError(
                    f"{spec.title} has {counted.weights:,} weights, "
                    f"{_more(counted.weights - expect.number.value)} than expected",
                    expect.span,
                    hint=f"expect weights {counted.weights:_}",
                )
            )
    for published in spec.published:
        if not agrees(published, counted.weights):
            more = _more(counted.weights - published.number.value)
            report.warn(
                Caution(
                    f"{spec.title} has {counted.weights:,} weights, {more} than "
                    f"published ({figure(published)}, {published.origin})",
                    published.span,
                )
            )


def agrees(published: ast.Published, weights: int) -> bool:
    """Whether an exact count rounds to the printed figure."""
    return abs(weights - published.number.value) * 2 <= published.number.unit


def difference(published: ast.Published, weights: int) -> str:
    """``agrees``, or by how much the exact count differs from the figure: ``-1,038``."""
    if agrees(published, weights):
        return "agrees"
    off = weights - published.number.value
    return f"{'+' if off > 0 else '-'}{_amount(off)}"


def figure(published: ast.Published) -> str:
    """The figure as it was printed: ``2_751k`` as 2,751k, ``1.5e6`` as it is."""
    text = published.number.span.text.replace("_", "")
    whole = re.match(r"\d+", text)
    assert whole, "a number begins with a digit"
    return f"{int(whole[0]):,}{text[whole.end() :]}"


def _more(difference: Fraction) -> str:
    return f"{_amount(difference)} {'more' if difference > 0 else 'fewer'}"


def _amount(difference: Fraction) -> str:
    """A difference without its sign; of less than one its first digit."""
    size = abs(difference)
    return f"{round(size):,}" if size >= 1 else f"{float(size):.1g}"
