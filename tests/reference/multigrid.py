"""Textbook multigrid for the Poisson problem: V, W and F cycles in plain float64 code.

U. Trottenberg, C. W. Oosterlee and A. Schueller, Multigrid, Elsevier 2000, sections 2.2 to 2.4
(square) and 2.9 (cube); W. L. Briggs, V. E. Henson and S. F. McCormick, A Multigrid Tutorial, SIAM
2000, chapters 2 to 4 (interval). The Laplacian with zero boundary values; damped Jacobi, full
weighting, linear interpolation in each direction, coarsening down to 3 unknowns per side. A is
scaled by h^2 on every level, so that its stencil is the same on all and the restriction carries the
factor 4 that the coarser h^2 needs.

Level l in 1..L-1 has 2^(L-l+1) - 1 unknowns per side. Grids are tensors [..., n], [..., n, n] or
[..., n, n, n]; the dimension is that of the stencils.
"""

from dataclasses import dataclass, field
from functools import reduce
from itertools import product

import torch
from torch import Tensor

OMEGA = {1: 2 / 3, 2: 4 / 5, 3: 6 / 7}  # of damped Jacobi, the best of each dimension


@dataclass
class Stencils:
    """The stencils of a scheme, 3 points wide; `smoother` maps a residual to a correction."""

    a: Tensor
    smoother: Tensor
    restriction: Tensor
    prolongation: Tensor


def classical(dimension: int = 2) -> Stencils:
    """Those of the textbooks."""
    one = torch.tensor([0, 1, 0], dtype=torch.float64)
    second = torch.tensor([-1, 2, -1], dtype=torch.float64)
    hat = torch.tensor([1, 2, 1], dtype=torch.float64)
    second_in = [[second if d == e else one for e in range(dimension)] for d in range(dimension)]
    return Stencils(
        a=sum(map(_outer, second_in)),
        smoother=OMEGA[dimension] / (2 * dimension) * _outer([one] * dimension),
        restriction=4 * _outer([hat / 4] * dimension),
        prolongation=_outer([hat / 2] * dimension),
    )


def _outer(factors: list[Tensor]) -> Tensor:
    """The tensor product of vectors."""
    return reduce(lambda one, other: one[..., None] * other, factors)


@dataclass
class Scheme:
    """A cycle: `kind` is V, W or F; steps before, after and on the coarsest level."""

    kind: str = "V"
    pre: int = 2
    post: int = 1
    solve: int = 20
    stencils: Stencils = field(default_factory=classical)


def _points(stencil: Tensor) -> list[tuple[int, ...]]:
    return list(product(*(range(n) for n in stencil.shape)))


def _window(at: tuple[int, ...], n: int, step: int = 1) -> tuple[object, ...]:
    """`n` points in each direction from `at` on, every `step`-th."""
    return (..., *(slice(i, i + step * (n - 1) + 1, step) for i in at))


def apply(stencil: Tensor, x: Tensor) -> Tensor:
    """The stencil at every point, zero outside: [..., n, n] to the same."""
    n, around = x.shape[-1], stencil.ndim
    wide = x.new_zeros(*x.shape[:-around], *[n + 2] * around)
    wide[_window((1,) * around, n)] = x
    return sum(stencil[at] * wide[_window(at, n)] for at in _points(stencil))


def restrict(stencil: Tensor, r: Tensor) -> Tensor:
    """The stencil around every second point: [..., 2n+1, 2n+1] to [..., n, n]."""
    n = r.shape[-1] // 2
    return sum(stencil[at] * r[_window(at, n, 2)] for at in _points(stencil))


def prolongate(stencil: Tensor, e: Tensor) -> Tensor:
    """Every coarse value spread around its point: [..., n, n] to [..., 2n+1, 2n+1]."""
    n = e.shape[-1]
    fine = e.new_zeros(*e.shape[: -stencil.ndim], *[2 * n + 1] * stencil.ndim)
    for at in _points(stencil):
        fine[_window(at, n, 2)] += stencil[at] * e
    return fine


def relax(scheme: Scheme, u: Tensor, f: Tensor, times: int) -> Tensor:
    s = scheme.stencils
    for _ in range(times):
        u = u + apply(s.smoother, f - apply(s.a, u))
    return u


def visit(scheme: Scheme, kind: str, u: Tensor, f: Tensor, levels: int) -> Tensor:
    """One visit of a level with `levels` levels from it down; returns its new u."""
    if levels == 1:
        return relax(scheme, u, f, scheme.solve)
    s = scheme.stencils
    u = relax(scheme, u, f, scheme.pre)
    f_coarse = restrict(s.restriction, f - apply(s.a, u))
    e = torch.zeros_like(f_coarse)
    e = visit(scheme, kind, e, f_coarse, levels - 1)
    if kind != "V" and levels > 2:  # the coarsest level is visited once per descent
        e = visit(scheme, "V" if kind == "F" else "W", e, f_coarse, levels - 1)
    u = u + prolongate(s.prolongation, e)
    return relax(scheme, u, f, scheme.post)


def cycle(scheme: Scheme, f: Tensor, u: Tensor | None = None) -> Tensor:
    """One cycle on the finest grid of 2^L - 1 points per side, from zero if `u` is not given."""
    levels = (f.shape[-1] + 1).bit_length() - 2  # L - 1
    return visit(scheme, scheme.kind, torch.zeros_like(f) if u is None else u, f, levels)


def convergence_factor(scheme: Scheme, l_max: int, seed: int = 0) -> float:
    """Geometric mean over cycles 5 to 12 of the fall of the residual norm, random data."""
    side = [2**l_max - 1] * scheme.stencils.a.ndim
    r = torch.randn(side, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    falls = []
    for _ in range(12):
        r = r / torch.linalg.norm(r)  # a cycle is linear: nothing is lost in rounding
        r = r - apply(scheme.stencils.a, cycle(scheme, r))
        falls.append(torch.linalg.norm(r))
    return float(torch.stack(falls[4:]).log().mean().exp())


def two_grid_factor(dimension: int, steps: int = 3, waves: int = 0) -> float:
    """What two grids, the coarser one solved exactly, leave of the worst wave.

    Local Fourier analysis (Multigrid, chapter 4) of `steps` of damped Jacobi on an infinite grid. A
    low frequency and those that the coarse grid takes for it are 2^dimension waves that the cycle
    maps to each other.
    """
    waves = waves or {1: 400, 2: 40, 3: 12}[dimension]
    low = (torch.arange(waves, dtype=torch.float64) + 0.5) / waves * torch.pi / 2
    grids = torch.meshgrid(*[low] * dimension, indexing="ij")
    frequency = torch.stack([g.flatten() for g in grids], dim=-1)  # [points, dimension]
    shifts = torch.tensor(list(product((0, torch.pi), repeat=dimension)), dtype=torch.float64)
    cosine = torch.cos(frequency[:, None] + shifts)  # [points, 2^dimension, dimension]
    fine = (2 - 2 * cosine).sum(-1)
    coarse = (2 - 2 * torch.cos(2 * frequency)).sum(-1)[:, None, None] / 4
    transfer = ((1 + cosine) / 2).prod(-1)
    corrected = (
        torch.eye(len(shifts)) - transfer[:, :, None] * (transfer * fine)[:, None, :] / coarse
    )
    smoothed = (1 - OMEGA[dimension] / (2 * dimension) * fine) ** steps
    return float(torch.linalg.eigvals(corrected * smoothed[:, None, :]).abs().max())
