"""A solver on grids that it was not trained on, beside the classical one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.generated import COEFFICIENT, RHS, fields
from mgiad_dsl.train.data.problems import Problem
from mgiad_dsl.train.equations.classical import can_coarsen, v_cycle
from mgiad_dsl.train.evaluation.scores import evaluate
from mgiad_dsl.train.network import Network, fitted, shown
from mgiad_dsl.train.tasks.figures import FACTOR
from mgiad_dsl.train.tasks.solver import Solver, SolverScores

FINER = 3  # grids beyond the one that was trained on
LARGEST = 2**17  # points of the last of them, 255x255 for one
SAMPLES, SEED = 4, 2  # right-hand sides that neither training nor held-out samples have


@dataclass(frozen=True)
class OnGrid:
    """Factors per cycle on a grid of these ``points``: of the network, None where it cannot be
    compiled for the grid with the same weights, and of the textbook's V(2,1)-cycle, None where
    the grid cannot be halved.
    """

    points: tuple[int, ...]
    factor: float | None
    classical: float | None


def on_grids(
    network: Network,
    model: nn.Module,
    task: Solver,
    problem: Problem,
    device: torch.device,
    precision: AbstractContextManager | None = None,
) -> list[OnGrid]:
    """The factors of a trained ``model`` of a network on the grid of a problem and on finer ones.

    All are measured on random right-hand sides of the problem, made for each grid alike.
    """
    return [
        on_grid(network, model, task, each, device, precision)
        for number, each in enumerate(finer(problem))
        if number <= FINER
    ]


def finer(problem: Problem) -> Iterator[Problem]:
    """The problem, and then on grids of half the spacing as long as they are not too large."""
    yield problem
    while (problem := problem.finer()).points ** problem.dimensions <= LARGEST:
        yield problem


def on_grid(
    network: Network,
    model: nn.Module,
    task: Solver,
    problem: Problem,
    device: torch.device,
    precision: AbstractContextManager | None,
) -> OnGrid:
    drawn = fields(problem, SAMPLES, SEED, solved=False)
    names = (
        {task.rhs: RHS}
        if task.coefficient is None
        else {task.rhs: RHS, task.coefficient: COEFFICIENT}
    )
    inputs = tuple(drawn[names[place]] for place in sorted(names))

    def measured(cycle: nn.Module, solver: Solver, given: tuple[Tensor, ...]) -> float:
        batch = [(given, given[0])]  # a solver has no targets
        scores = evaluate(cycle, batch, task=solver, device=device, precision=precision)
        assert isinstance(scores, SolverScores)
        return scores.factor

    there = for_grid(network, model, problem)
    classical = None
    if can_coarsen(problem.equation, problem.points):
        solver = replace(task, rhs=0, coefficient=None if task.coefficient is None else 1)
        given = (drawn[RHS],) if task.coefficient is None else (drawn[RHS], drawn[COEFFICIENT])
        classical = measured(Classical(problem), solver, given)
    factor = None if there is None else measured(there.to(device), task, inputs)
    return OnGrid(problem.shape, factor, classical)


class Classical(nn.Module):
    """The textbook's cycle as a module."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.equation = problem.equation

    def forward(self, rhs: Tensor, coefficient: Tensor | None = None) -> Tensor:
        return v_cycle(self.equation, rhs, coefficient)


def for_grid(network: Network, model: nn.Module, problem: Problem) -> nn.Module | None:
    """A trained network compiled for another grid, with the same weights; None if it has others."""
    wanted = {name: (shape[0], *problem.shape) for name, shape in network.inputs.items()}
    if network.inputs == wanted:
        return model

    def fits(tried: Network) -> bool:
        return tried.inputs == wanted and tried.weights == network.weights

    found = fitted(replace(network, given=frozenset()), problem.points, fits)
    try:
        return None if found is None else with_same_weights(model, found)
    except SpecError:
        return None


def with_same_weights(model: nn.Module, network: Network) -> nn.Module:
    """A network of the weights of a trained one. Raises SpecError if it has others."""
    there, trained = network.build(), model.state_dict()
    for name, weight in there.named_parameters():
        if name not in trained or trained[name].shape != weight.shape:
            raise SpecError(f"{network.name} has weights {name} that were not trained")
    known = {name: trained[name] for name in there.state_dict() if name in trained}
    there.load_state_dict(known, strict=False)  # fixed stencils of further levels are left
    return there


def grids_text(seeds: list[list[OnGrid]], trained: tuple[int, ...]) -> str:
    """A table in Markdown; the factors of several seeds stand side by side."""
    lines = [
        f"The {FACTOR.words} is the geometric mean of the cycles 5 to 12, for {SAMPLES} random "
        "right-hand sides that were not trained on. The classical cycle is the textbook's V(2,1) "
        "with damped Jacobi, full weighting and linear interpolation.\n",
        f"| grid | {FACTOR.words} | classical |",
        "|---|---|---|",
    ]
    for grids in zip(*seeds, strict=True):
        name = shown(grids[0].points) + (" (trained on)" if grids[0].points == trained else "")
        factors = ", ".join(in_words(each.factor) for each in grids)
        lines.append(f"| {name} | {factors} | {in_words(grids[0].classical)} |")
    return "\n".join(lines) + "\n"


def in_words(factor: float | None) -> str:
    return "–" if factor is None else FACTOR.shown(factor)
