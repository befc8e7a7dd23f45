"""What a spec may cost at most: `budget`, which holds under all settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mgiad_dsl.base.amounts import in_bytes, shown
from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.counting.count import WeightCount
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.spec import NetSpec

if TYPE_CHECKING:
    from mgiad_dsl.counting.memory import Memory

MemoryOf = Callable[[int], "Memory"]


def check_budgets(
    spec: NetSpec, counted: WeightCount, memory: MemoryOf | None, report: Report
) -> None:
    """Compare a count with the budgets of its spec; what is over goes to the report.

    Args:
        spec: the network.
        counted: its counts.
        memory: its memory for a batch in float32, asked only if there is a budget of it; None
            leaves out such budgets.
        report: where errors go.
    """
    for budget in spec.budgets:
        if budget.quantity == "memory":
            if memory is not None:
                _check_memory(spec, budget, memory, report)
        else:
            _check_count(spec, budget, counted, report)


def _check_count(spec: NetSpec, budget: ast.Budget, counted: WeightCount, report: Report) -> None:
    weights = budget.quantity == "weights"
    found = counted.weights if weights else counted.macs
    over = found - int(budget.most.value)
    if over > 0:
        what = "weights" if weights else "MACs per image"
        report.error(
            SpecError(
                f"{spec.title} has {found:,} {what}, {over:,} over its budget",
                budget.span,
                hint=f"budget {budget.quantity} <= {found:_}",
            )
        )


def _check_memory(spec: NetSpec, budget: ast.Budget, memory: MemoryOf, report: Report) -> None:
    assert budget.unit is not None
    assert budget.batch is not None
    room, batch = in_bytes(budget.most.value, budget.unit), int(budget.batch.value)
    needs = memory(batch)
    over = needs.training - room
    if over > 0:
        report.error(
            SpecError(
                f"{spec.title} trains in {shown(needs.training)} with a batch of {batch:,}, "
                f"{shown(over)} over its budget",
                budget.span,
                hint=_smaller(needs.largest(room)),
            )
        )


def _smaller(batch: int | None) -> str:
    return f"a batch of {batch:,} fits" if batch else "not even one image fits"
