"""The compiled Poisson spec converges like the textbook's multigrid solver."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import mgiad_dsl
from examples import learn_poisson
from mgiad_dsl import compile_file
from tests.reference import multigrid


def random_data(levels: int) -> torch.Tensor:
    torch.manual_seed(0)
    size = 2**levels - 1
    return torch.rand(1, 1, size, size, dtype=torch.float64) - 0.5


def residual(rhs: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    return rhs - multigrid.apply(multigrid.Stencils().a, u)


def factor(cycle: nn.Module, levels: int) -> float:
    """Geometric mean over cycles 5 to 12 of the fall of the residual norm.

    A cycle is linear: iterating it is adding its answer to the residual.
    """
    rhs = random_data(levels)
    u = torch.zeros_like(rhs)
    norms = []
    for _ in range(12):
        u = u + cycle(residual(rhs, u))
        norms.append(float(residual(rhs, u).norm()))
    return (norms[11] / norms[3]) ** (1 / 8)


def compiled(kind: str, levels: int) -> nn.Module:
    return mgiad_dsl.compile("poisson", kind=kind, L=levels).double()


@pytest.mark.parametrize("levels", [4, 6, pytest.param(9, marks=pytest.mark.slow)])
def test_convergence(levels: int) -> None:
    with torch.no_grad():
        v, w, f = (factor(compiled(kind, levels), levels) for kind in ("V", "W", "F"))
    assert v <= 0.24
    assert w <= 0.205
    assert w < v
    assert f < v, "F between V and W, or better"
    assert f >= w - 1e-3


@pytest.mark.parametrize("kind", ["V", "W", "F"])
def test_one_cycle_is_the_textbooks(kind: str) -> None:
    rhs = random_data(5)
    wanted = multigrid.cycle(multigrid.Scheme(kind), rhs)
    with torch.no_grad():
        torch.testing.assert_close(compiled(kind, 5)(rhs), wanted, rtol=1e-12, atol=1e-13)


def test_poisson_has_no_weights_and_keeps_its_stencils_as_buffers() -> None:
    counted = compile_file("poisson").count
    assert counted.weights == 0
    assert counted.buffers == 9 * (5 + 4 + 4)


def test_a_learned_cycle_converges_faster_than_the_classical_one() -> None:
    """After a short training: also on a grid finer than the one it learned on."""
    learned = learn_poisson.build(4)
    classical = learn_poisson.factor(learned, 15)
    assert classical == pytest.approx(factor(compiled("V", 4), 4), abs=0.01)
    learn_poisson.learn(learned, 15, steps=40)
    trained = learn_poisson.factor(learned, 15)
    finer = learn_poisson.factor(learn_poisson.build(5, learned), 31)
    print(f"classical {classical:.3f}, learned {trained:.3f}, on a finer grid {finer:.3f}")
    assert trained < classical / 2
    assert finer < classical / 1.5
