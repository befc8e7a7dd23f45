"""What was found within a budget, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Callable

from mgiad_dsl.base.amounts import shown
from mgiad_dsl.base.printable import printable
from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.language.evaluate import show
from mgiad_dsl.language.plain import plain
from mgiad_dsl.solving.grid import Values
from mgiad_dsl.solving.solve import Found, Refusal, Solution


def tables(solution: Solution) -> list[Table]:
    """The best, and why others are no networks."""
    if not solution.refusals:
        return [best(solution)]
    tree = solution.grid.tree
    also = tree.budgets or any(variant.budgets for variant in tree.variants)
    what = "are no networks" + (", or over the spec's budget" if also else "")
    title = f"{_refused(solution):,} of {solution.candidates:,} candidates {what}"
    return [best(solution), tabulated(title, _REFUSAL, solution.refusals)]


def best(solution: Solution) -> Table:
    """The best within the budget."""
    columns: list[Column[Found]] = [
        *(Column(axis.name, _value(axis.name)) for axis in solution.grid.axes),
        Column("weights", lambda found: found.network.count.weights),
        Column("MACs per image", lambda found: found.network.count.macs),
    ]
    if solution.budget.memory is not None:
        title = f"training a batch of {solution.budget.batch:,}"
        columns.append(Column(title, lambda found: shown(found.memory or 0)))
    return tabulated(_title(solution), columns, solution.best)


def _value(name: str) -> Callable[[Found], str]:
    return lambda found: show(found.values[name])


_REFUSAL: tuple[Column[Refusal], ...] = (
    Column("candidates", lambda refusal: refusal.number),
    Column("for instance", lambda refusal: settings(refusal.first)),
    Column("because", lambda refusal: printable(refusal.error.message)),
)


def settings(values: Values) -> str:
    """``width=3/2 c_K=64``"""
    return " ".join(f"{name}={show(value)}" for name, value in values.items())


def _title(solution: Solution) -> str:
    budget = solution.budget
    most = {"weights": budget.weights, "MACs": budget.macs}
    limits = [f"{what} <= {number:,}" for what, number in most.items() if number is not None]
    name = solution.grid.checked({}).title
    which = f"{solution.within:,} of {solution.candidates:,} candidates"
    heavy = ""
    if budget.memory is not None and solution.heavy:
        heavy = f"; {solution.heavy:,} of them need more than {shown(budget.memory)} to train"
    return f"{name}: {which} have {', '.join(limits) or 'any number of weights'}{heavy}"


def _refused(solution: Solution) -> int:
    return sum(refusal.number for refusal in solution.refusals)


def solution_facts(solution: Solution) -> dict[str, object]:
    """The same under stable names (docs/solve.md)."""
    budget = solution.budget
    return {
        "name": solution.grid.checked({}).title,
        "budget": {
            "weights": budget.weights,
            "macs": budget.macs,
            "memory": budget.memory,
            "batch": budget.batch if budget.memory is not None else None,
        },
        "by": solution.by,
        "candidates": solution.candidates,
        "within": solution.within,
        "over": solution.over,
        "heavy": solution.heavy,
        "invalid": _refused(solution),
        "best": [_found(found) for found in solution.best],
        "refusals": [
            {
                "candidates": refusal.number,
                "first": _plain(refusal.first),
                "place": str(refusal.error.span) if refusal.error.span else None,
                "message": printable(refusal.error.message),
            }
            for refusal in solution.refusals
        ],
    }


def _found(found: Found) -> dict[str, object]:
    counted = found.network.count
    return {
        "parameters": _plain(found.values),
        "weights": counted.weights,
        "macs": counted.macs,
        "memory": found.memory,
    }


def _plain(values: Values) -> dict[str, object]:
    return {name: plain(value) for name, value in values.items()}
