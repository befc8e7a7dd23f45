"""The best networks within a budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mgiad_dsl.base.source import CompilerError, SpecError
from mgiad_dsl.compiler import Compiled, compile_tree
from mgiad_dsl.rewrite import Level
from mgiad_dsl.solving.counted import Candidate, Refused, counted
from mgiad_dsl.solving.grid import Grid, Values


@dataclass(frozen=True)
class Budget:
    """The most that a network may have; None is any number. Memory is that of a batch, in bytes."""

    weights: int | None = None
    macs: int | None = None
    memory: int | None = None
    batch: int = 1

    def allows(self, candidate: Candidate) -> bool:
        """Whether its weights and MACs fit."""
        fits = self.weights is None or candidate.weights <= self.weights
        return fits and (self.macs is None or candidate.macs <= self.macs)


@dataclass(frozen=True)
class Found:
    """A candidate that fits, compiled; ``memory`` are the bytes of training it, if asked for."""

    values: Values
    network: Compiled
    memory: int | None


@dataclass(frozen=True)
class Refusal:
    """Candidates that are no network for one reason, in the words of the first of them."""

    error: SpecError
    first: Values
    number: int


@dataclass(frozen=True)
class Solution:
    """What was found: the best first, and what became of all others.

    ``over`` is how many are over the budget of weights and MACs; ``heavy`` how many are over that
    of memory, of those that come before the last of the best: others are not asked. ``smallest``
    is the network with the fewest weights, whatever the budget.
    """

    grid: Grid
    budget: Budget
    by: str
    best: tuple[Found, ...]
    candidates: int
    within: int
    over: int
    heavy: int
    refusals: tuple[Refusal, ...]
    smallest: Candidate | None


def solution(
    grid: Grid,
    budget: Budget,
    by: str = "weights",
    top: int = 10,
    *,
    least: bool = False,
    level: Level = 1,
) -> Solution:
    """The best candidates of a grid within a budget.

    Args:
        grid: what to try.
        budget: what all may have at most.
        by: ``weights``, ``macs`` or a varied number: the most of it is best.
        top: how many to give.
        least: the least of it is best.
        level: of optimisation, on which MACs and memory depend.

    Raises:
        SpecError: anything wrong in the arguments. Values that make no network are refusals.
    """
    key = _key(grid, by)
    if top < 1:
        raise SpecError(f"the top {top} are none", hint="at least 1")
    found = list(counted(grid, level))
    networks = [each for each in found if isinstance(each, Candidate)]
    refused = [each for each in found if isinstance(each, Refused)]
    within = [each for each in networks if budget.allows(each)]
    within.sort(key=key, reverse=not least)
    best: list[Found] = []
    heavy = 0
    for tried in _compiled(grid, within, budget, level):
        if isinstance(tried, Refused):
            refused.append(tried)
        elif budget.memory is not None and (tried.memory or 0) > budget.memory:
            heavy += 1
        else:
            best.append(tried)
        if len(best) == top:
            break
    return Solution(
        grid,
        budget,
        by,
        tuple(best),
        candidates=len(found),
        within=len(within),
        over=len(networks) - len(within),
        heavy=heavy,
        refusals=tuple(_grouped(refused)),
        smallest=min(networks, key=lambda one: (one.weights, one.macs), default=None),
    )


def _key(grid: Grid, by: str) -> Callable[[Candidate], tuple[Fraction | int, ...]]:
    """What candidates are ordered by; of equal ones the larger is larger."""
    if by in ("weights", "macs"):
        return lambda one: (getattr(one, by), one.weights, one.macs)
    if by not in grid.numeric:
        known = ", ".join(("weights", "macs", *grid.numeric))
        raise SpecError(f"nothing is ordered by `{by}`", hint=f"one of {known}")

    def key(one: Candidate) -> tuple[Fraction | int, ...]:
        value = one.values[by]
        assert isinstance(value, (int, Fraction))
        return value, one.weights, one.macs

    return key


def _compiled(
    grid: Grid, candidates: Sequence[Candidate], budget: Budget, level: Level
) -> Iterator[Found | Refused]:
    """Candidates as the compiler makes them, one after the other."""
    for each in candidates:
        settings = {**grid.settings, **each.values}
        try:
            network = compile_tree(grid.tree, grid.variant, settings, level)
        except SpecError as error:  # a budget of memory in the spec
            yield Refused(each.values, error)
            continue
        exact = network.count.weights, network.count.macs
        if exact != (each.weights, each.macs):
            raise CompilerError(f"{network.title} has {exact}, not {each}")
        memory = network.memory(budget.batch).training if budget.memory is not None else None
        yield Found(each.values, network, memory)


def _grouped(refused: Sequence[Refused]) -> Iterator[Refusal]:
    """By place and by message, numbers in it aside; the most frequent first."""
    groups: dict[tuple[str, str], list[Refused]] = {}
    for each in refused:
        words = re.sub(r"\d[\d,./]*", "0", each.error.message)
        groups.setdefault((str(each.error.span), words), []).append(each)
    for group in sorted(groups.values(), key=len, reverse=True):
        yield Refusal(group[0].error, group[0].values, len(group))
