"""The answer is a field, such as the solution of a differential equation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from mgiad_dsl.train.tasks.figures import RELATIVE_H1, RELATIVE_L2, Figure
from mgiad_dsl.train.tasks.measured import Inputs, Measured, Model, at_least_float32


@dataclass(frozen=True)
class FieldScores:
    """Means over ``images`` fields."""

    loss: float
    relative_l2: float
    relative_h1: float
    images: int

    @property
    def figures(self) -> dict[str, float]:
        return {RELATIVE_L2.name: self.relative_l2, RELATIVE_H1.name: self.relative_h1}


@dataclass(frozen=True)
class Fields:
    """Outputs and targets are fields (n, channels, ...) of one shape. The loss is the mean
    relative error of a field, in the norm L2 or H1.
    """

    norm: Literal["l2", "h1"] = "l2"

    name: ClassVar[str] = "fields"
    figures: ClassVar[tuple[Figure, ...]] = (RELATIVE_L2, RELATIVE_H1)
    in_training: ClassVar[Figure] = RELATIVE_L2

    def train(self, model: Model, inputs: Inputs, targets: Tensor) -> Measured:
        fields = at_least_float32(model(*inputs))
        errors = relative(l2(fields - targets), l2(targets))
        loss = errors if self.norm == "l2" else relative(h1(fields - targets), h1(targets))
        return Measured(loss.mean(), errors.detach().sum())

    def measure(self, model: Model, inputs: Inputs, targets: Tensor) -> tuple[Tensor, ...]:
        """Sums over a batch: the relative errors in L2 and in H1, fields."""
        wrong = at_least_float32(model(*inputs)) - targets
        in_l2, in_h1 = relative(l2(wrong), l2(targets)), relative(h1(wrong), h1(targets))
        fields = torch.tensor(len(targets), device=wrong.device)
        return in_l2.double().sum(), in_h1.double().sum(), fields

    def scores(self, sums: tuple[Tensor, ...]) -> FieldScores:
        in_l2, in_h1, fields = (float(each) for each in sums)
        in_l2, in_h1 = in_l2 / max(1, fields), in_h1 / max(1, fields)
        return FieldScores(in_l2 if self.norm == "l2" else in_h1, in_l2, in_h1, int(fields))


def relative(error: Tensor, size: Tensor) -> Tensor:
    """Errors by the sizes of what is wrong; that of zeros counts as the least number."""
    return error / size.clamp(min=torch.finfo(size.dtype).tiny)


def l2(fields: Tensor) -> Tensor:
    """The norm of each field (n,), as the root of the sum over its points."""
    return fields.flatten(1).norm(dim=1)


def h1(fields: Tensor) -> Tensor:
    """The root of the squares of the field and of its gradient, on a domain of unit size.

    Gradients are differences of neighbours times points in that direction.
    """
    squares = fields.flatten(1).square().sum(dim=1)
    for axis in range(2, fields.ndim):
        slopes = fields.diff(dim=axis) * fields.shape[axis]
        squares = squares + slopes.flatten(1).square().sum(dim=1)
    return squares.sqrt()
