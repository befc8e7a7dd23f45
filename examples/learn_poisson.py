"""A multigrid solver learns to converge faster: `python examples/learn_poisson.py`.

The bundled `poisson_learned` starts as the textbook solver (damped Jacobi, full weighting,
bilinear interpolation). Its smoother and its transfers, 27 weights shared by all levels, are
trained on one grid and tried on others.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

import mgiad_dsl

CYCLES = 8


def residuals(solver: nn.Module, rhs: Tensor, cycles: int) -> list[Tensor]:
    """Norms of the residual before and after each cycle, by image.

    A cycle starts at zero and is linear: going on is solving for the residual and adding up.
    """
    left, norms = rhs, [rhs.flatten(1).norm(dim=1)]
    for _ in range(cycles):
        left = left - solver.A(solver(left))
        norms.append(left.flatten(1).norm(dim=1))
    return norms


def factor(solver: nn.Module, size: int) -> float:
    """By what a cycle multiplies the residual: the mean of cycles 5 to 12 for random data."""
    torch.manual_seed(0)
    rhs = torch.rand(1, 1, size, size, dtype=torch.float64) - 0.5
    with torch.no_grad():
        norms = residuals(solver, rhs, 12)
    return float(norms[12] / norms[4]) ** (1 / 8)


def learn(solver: nn.Module, size: int, steps: int = 120) -> None:
    """Train on random data: the residual is to be small after several cycles."""
    torch.manual_seed(1)
    optimiser = torch.optim.Adam(solver.parameters(), lr=3e-3)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        rhs = torch.rand(4, 1, size, size, dtype=torch.float64) - 0.5
        norms = residuals(solver, rhs, CYCLES)
        loss = (norms[-1] / norms[2]).log().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay.step()


def build(levels: int, like: nn.Module | None = None) -> nn.Module:
    """The solver on `2^levels - 1` by `2^levels - 1` points, with the weights of another one."""
    solver = mgiad_dsl.compile("poisson_learned", L=levels).double()
    if like is not None:
        solver.load_state_dict(like.state_dict())
    return solver


if __name__ == "__main__":
    learned = build(5)
    learn(learned, 31)
    print("points     classical  learned   (residual after a cycle / before)")
    for levels in (5, 6, 7):
        size = 2**levels - 1
        classical, tried = factor(build(levels), size), factor(build(levels, learned), size)
        print(f"{size:3} x {size:<3} {classical:11.3f} {tried:8.3f}")
