"""Textbook multigrid for the Poisson problem: V, W and F cycles in plain float64 code.

U. Trottenberg, C. W. Oosterlee and A. Schueller, Multigrid, Elsevier 2000, sections 2.2 to 2.4. The
five-point Laplacian on a square with zero boundary values; damped Jacobi, full weighting, bilinear
interpolation, coarsening down to 3x3 unknowns. A is scaled by h^2 on every level, so that its
stencil is the same on all and the restriction carries the factor 4 that the coarser h^2 needs.

Level l in 1..L-1 has 2^(L-l+1) - 1 unknowns per side. Grids are tensors [..., n, n].
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor


def _tensor(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


@dataclass
class Stencils:
    """The 3x3 stencils of a scheme; `smoother` maps a residual to a correction."""

    a: Tensor = field(default_factory=lambda: _tensor([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]))
    smoother: Tensor = field(default_factory=lambda: _tensor([[0, 0, 0], [0, 1 / 5, 0], [0, 0, 0]]))
    restriction: Tensor = field(
        default_factory=lambda: _tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    )
    prolongation: Tensor = field(
        default_factory=lambda: _tensor([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    )


@dataclass
class Scheme:
    """A cycle: `kind` is V, W or F; steps before, after and on the coarsest level."""

    kind: str = "V"
    pre: int = 2
    post: int = 1
    solve: int = 20
    stencils: Stencils = field(default_factory=Stencils)


def apply(stencil: Tensor, x: Tensor) -> Tensor:
    """The stencil at every point, zero outside: [..., n, n] to the same."""
    n = x.shape[-1]
    wide = x.new_zeros(*x.shape[:-2], n + 2, n + 2)
    wide[..., 1:-1, 1:-1] = x
    return sum(stencil[i, j] * wide[..., i : i + n, j : j + n] for i in range(3) for j in range(3))


def restrict(stencil: Tensor, r: Tensor) -> Tensor:
    """The stencil around every second point: [..., 2n+1, 2n+1] to [..., n, n]."""
    n = r.shape[-1] // 2
    return sum(
        stencil[i, j] * r[..., i : i + 2 * n : 2, j : j + 2 * n : 2]
        for i in range(3)
        for j in range(3)
    )


def prolongate(stencil: Tensor, e: Tensor) -> Tensor:
    """Every coarse value spread around its point: [..., n, n] to [..., 2n+1, 2n+1]."""
    n = e.shape[-1]
    fine = e.new_zeros(*e.shape[:-2], 2 * n + 1, 2 * n + 1)
    for i in range(3):
        for j in range(3):
            fine[..., i : i + 2 * n : 2, j : j + 2 * n : 2] += stencil[i, j] * e
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
    """One cycle on the finest grid [..., 2^L - 1, 2^L - 1], from zero if `u` is not given."""
    levels = (f.shape[-1] + 1).bit_length() - 2  # L - 1
    return visit(scheme, scheme.kind, torch.zeros_like(f) if u is None else u, f, levels)


def convergence_factor(scheme: Scheme, l_max: int, seed: int = 0) -> float:
    """Geometric mean over cycles 5 to 12 of the fall of the residual norm, random data."""
    n = 2**l_max - 1
    f = torch.randn(n, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    u = torch.zeros_like(f)
    residuals = []
    for _ in range(12):
        u = cycle(scheme, f, u)
        residuals.append(torch.linalg.norm(f - apply(scheme.stencils.a, u)).item())
    return (residuals[11] / residuals[3]) ** (1 / 8)
