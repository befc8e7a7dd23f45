"""The compiled Poisson spec converges like the textbook's multigrid solver."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import mgiad_dsl
from mgiad_dsl import compile_file
from tests.reference import multigrid


def factor(cycle: nn.Module, levels: int) -> float:
    """Geometric mean over cycles 5 to 12 of the fall of the residual norm, random data.

    One cycle is linear, so that iterating it is adding its answer to the residual.
    """
    torch.manual_seed(0)
    size = 2**levels - 1
    rhs = torch.rand(1, 1, size, size, dtype=torch.float64) - 0.5
    u = torch.zeros_like(rhs)
    norms = []
    for _ in range(12):
        residual = rhs - multigrid.apply(u)
        norms.append(float(residual.norm()))
        u = u + cycle(residual)
    norms.append(float((rhs - multigrid.apply(u)).norm()))
    return (norms[12] / norms[4]) ** (1 / 8)


def cycle(kind: str, levels: int) -> nn.Module:
    return mgiad_dsl.compile("poisson", kind=kind, L=levels).double()


@pytest.mark.parametrize("levels", [4, 6, pytest.param(9, marks=pytest.mark.slow)])
def test_convergence(levels: int) -> None:
    with torch.no_grad():
        v, w, f = (factor(cycle(kind, levels), levels) for kind in ("V", "W", "F"))
    assert v <= 0.24
    assert w <= 0.205
    assert w < v
    assert w - 1e-3 <= f < v, "F between W and V, or better than both"


def test_poisson_has_no_weights_and_keeps_its_stencils_as_buffers() -> None:
    counted = compile_file("poisson").count
    assert counted.weights == 0
    assert counted.buffers == 9 * (5 + 4 + 4)
