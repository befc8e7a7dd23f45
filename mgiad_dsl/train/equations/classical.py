"""The textbook's cycle, to compare learned ones with."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from mgiad_dsl.train.equations.diffusion import Diffusion

OMEGA = 4 / 5
COARSEST = 3  # points in a direction
CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def can_coarsen(equation: Diffusion, points: int) -> bool:
    """Whether a grid is halved down to a few points: 2^k - 1 of them, or 2^k if periodic."""
    whole = points if equation.periodic else points + 1
    return points >= COARSEST and whole & (whole - 1) == 0


def v_cycle(equation: Diffusion, f: Tensor, a: Tensor | None = None) -> Tensor:
    """One V(2,1)-cycle for ``A u = f`` from u = 0 (Trottenberg, Oosterlee and Schueller,
    Multigrid, 2000): damped Jacobi, full weighting, linear interpolation, 20 sweeps on the
    coarsest grid. The coefficient of a coarser grid is the full weighting of the finer one's.

    Without a coefficient and in two dimensions it is the spec ``poisson``.
    """
    diagonal = equation.diagonal(f, a)

    def relax(u: Tensor) -> Tensor:
        return u + OMEGA * (f - equation.apply(u, a)) / diagonal

    u = torch.zeros_like(f)
    if f.shape[-1] <= COARSEST + equation.periodic:
        for _ in range(20):
            u = relax(u)
        return u
    u = relax(relax(u))
    coarse_a = None if a is None else weighted(equation, a)
    # f carries h^2, which is four times as large on the coarser grid
    coarse_f = 4 * weighted(equation, f - equation.apply(u, a))
    u = u + interpolated(equation, v_cycle(equation, coarse_f, coarse_a), u)
    return relax(u)


def weights(dimensions: int, like: Tensor) -> Tensor:
    """Products of (1/4, 1/2, 1/4), (1, 1, 3, ...)."""
    line = torch.tensor([0.25, 0.5, 0.25], dtype=like.dtype, device=like.device)
    kernel = line
    for _ in range(dimensions - 1):
        kernel = kernel[..., None] * line
    return kernel[None, None]


def weighted(equation: Diffusion, field: Tensor) -> Tensor:
    """Full weighting onto every second point."""
    dimensions = field.ndim - 2
    if equation.periodic:  # points 0, 2, ...
        field = F.pad(field, (1, 0) * dimensions, mode="circular")
    return CONVOLUTIONS[dimensions](field, weights(dimensions, field), stride=2)


def interpolated(equation: Diffusion, coarse: Tensor, fine: Tensor) -> Tensor:
    """Linear interpolation of a coarse field to the points of a fine one."""
    dimensions = coarse.ndim - 2
    if equation.periodic:  # one more at the end, for the points between the last and the first
        coarse = F.pad(coarse, (0, 1) * dimensions, mode="circular")
    kernel = 2**dimensions * weights(dimensions, coarse)
    spread = TRANSPOSED[dimensions](coarse, kernel, stride=2)
    start = int(equation.periodic)
    for axis in range(2, fine.ndim):
        spread = spread.narrow(axis, start, fine.shape[axis])
    return spread
