"""What `expect`, `published` and `budget` may be about."""

from __future__ import annotations

from collections.abc import Collection

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.words import BUDGETED, METRICS, did_you_mean


def check_claims(tree: ast.Spec, report: Report) -> None:
    """Check all claims and budgets of a spec, also those of its variants."""
    owners: list[ast.Spec | ast.Variant] = [tree, *tree.variants]
    for owner in owners:
        claims: list[ast.Expect | ast.Published] = [*owner.expects, *owner.published]
        for claim in claims:
            with report.catch():
                _check_quantity(claim, METRICS, "a claim")
        for budget in owner.budgets:
            with report.catch():
                _check_budget(budget)


def _check_quantity(
    claim: ast.Expect | ast.Published | ast.Budget, known: Collection[str], what: str
) -> None:
    if claim.quantity not in known:
        raise SpecError(
            f"`{claim.quantity}` is not counted",
            claim.span.find(claim.quantity),
            hint=did_you_mean(claim.quantity, known) or f"{what} is about {', '.join(known)}",
        )


def _check_budget(budget: ast.Budget) -> None:
    _check_quantity(budget, BUDGETED, "a budget")
    quantity = budget.quantity
    if budget.sign != "<=":
        raise SpecError(
            f"a budget is a most, not `{budget.sign}`",
            budget.span,
            hint=f"budget {quantity} <= ...",
        )
    if quantity != "memory":
        if budget.unit or budget.batch:
            raise SpecError(
                f"a budget of {quantity} is a number",
                budget.span,
                hint=f"budget {quantity} <= 1.4M",
            )
        return
    if not budget.unit or not budget.batch:
        raise SpecError(
            "a budget of memory has a unit and a batch",
            budget.span,
            hint="budget memory <= 2GiB batch 128",
        )
    if budget.batch.value < 1 or budget.batch.value.denominator != 1:
        raise SpecError(
            f"a batch is a number of images, not {budget.batch.span.text}", budget.batch.span
        )
