"""The network is one cycle of an iterative solver."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from mgiad_dsl.train.equations.diffusion import Diffusion
from mgiad_dsl.train.tasks.fields import l2
from mgiad_dsl.train.tasks.figures import FACTOR, Figure
from mgiad_dsl.train.tasks.measured import Inputs, Measured, Model, at_least_float32

FIRST, LAST = 5, 12  # the cycles of the figure: the first ones are faster than those that follow


@dataclass(frozen=True)
class SolverScores:
    """``factor`` is by what a cycle multiplies the residual: the geometric mean of the cycles 5
    to 12 and of ``images`` right-hand sides.
    """

    loss: float
    factor: float
    images: int

    @property
    def figures(self) -> dict[str, float]:
        return {FACTOR.name: self.factor}


@dataclass(frozen=True)
class Solver:
    """A network maps the right-hand side of ``A u = f``, and perhaps the coefficient of A, to an
    approximate solution. The loss is the mean logarithm of ``|f - A u| / |f|`` by cycle, over
    the first ``cycles``. Targets are not used.

    ``rhs`` and ``coefficient`` say which inputs these are. A cycle is applied to the residual
    that the one before it has left, which adds to the solution; the residual is brought to the
    size of f before, which changes nothing for a linear network.
    """

    equation: Diffusion
    rhs: int = 0
    coefficient: int | None = None
    cycles: int = 1

    name: ClassVar[str] = "solver"
    figures: ClassVar[tuple[Figure, ...]] = (FACTOR,)
    in_training: ClassVar[Figure] = FACTOR  # of the cycles of the loss, the mean over the batch

    def train(self, model: Model, inputs: Inputs, targets: Tensor) -> Measured:
        falls = torch.stack(list(self.falls(model, inputs, self.cycles))).mean(dim=0)
        return Measured(falls.mean(), falls.detach().exp().sum())

    def measure(self, model: Model, inputs: Inputs, targets: Tensor) -> tuple[Tensor, ...]:
        """Sums over a batch: the loss, the mean logarithm of the factor, right-hand sides."""
        falls = torch.stack(list(self.falls(model, inputs, max(LAST, self.cycles)))).double()
        count = torch.tensor(falls.shape[1], device=falls.device)
        return falls[: self.cycles].mean(dim=0).sum(), falls[FIRST - 1 : LAST].mean(0).sum(), count

    def scores(self, sums: tuple[Tensor, ...]) -> SolverScores:
        loss, fall, count = (float(each) for each in sums)
        return SolverScores(loss / max(1, count), math.exp(fall / max(1, count)), int(count))

    def falls(self, model: Model, inputs: Inputs, cycles: int) -> Iterator[Tensor]:
        """Cycle by cycle: the logarithm of the factor for each right-hand side (n,)."""
        a = None if self.coefficient is None else inputs[self.coefficient]
        given = list(inputs)
        before = l2(inputs[self.rhs])
        smallest = torch.finfo(before.dtype).tiny
        for _ in range(cycles):
            answer = at_least_float32(model(*given))
            left = given[self.rhs] - self.equation.apply(answer, a)
            after = l2(left).clamp(min=smallest)
            yield (after / before.clamp(min=smallest)).log()
            scale = (before / after).view(-1, *(1,) * (left.ndim - 1))
            given[self.rhs] = left * scale
