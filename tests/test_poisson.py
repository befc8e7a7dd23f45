"""The compiled Poisson specs converge like the textbooks' multigrid solvers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import mgiad_dsl
from examples import learn_poisson
from mgiad_dsl import compile_file
from tests.reference import multigrid

DIMENSION = {"poisson1d": 1, "poisson": 2, "poisson3d": 3}


def random_data(name: str, levels: int) -> torch.Tensor:
    torch.manual_seed(0)
    side = [2**levels - 1] * DIMENSION[name]
    return torch.rand(1, 1, *side, dtype=torch.float64) - 0.5


def factor(cycle: nn.Module, name: str, levels: int) -> float:
    """Geometric mean over cycles 5 to 12 of the fall of the residual norm.

    A cycle is linear: iterating it is solving for what is left. A number before it changes nothing.
    """
    a = multigrid.classical(DIMENSION[name]).a
    left, falls = random_data(name, levels), []
    for _ in range(12):
        left = left / left.norm()
        left = left - multigrid.apply(a, cycle(left))
        falls.append(left.norm())
    return float(torch.stack(falls[4:]).log().mean().exp())


def compiled(name: str, kind: str, levels: int) -> nn.Module:
    return mgiad_dsl.compile(name, kind=kind, L=levels).double()


@pytest.mark.parametrize(
    ("name", "most", "grids"),
    [
        ("poisson1d", {"V": 0.15, "W": 0.079, "F": 0.079}, (4, 7)),
        ("poisson1d", {"V": 0.15, "F": 0.079}, (10, 14)),
        ("poisson", {"V": 0.24, "W": 0.205, "F": 0.205}, (4, 6)),
        ("poisson3d", {"V": 0.35, "W": 0.33, "F": 0.33}, (3, 4, 5)),
        pytest.param("poisson1d", {"V": 0.15}, (16,), marks=pytest.mark.slow),
        pytest.param("poisson", {"V": 0.24, "W": 0.205, "F": 0.205}, (9,), marks=pytest.mark.slow),
        pytest.param("poisson3d", {"V": 0.35, "F": 0.33}, (6,), marks=pytest.mark.slow),
    ],
)
def test_convergence(name: str, most: dict[str, float], grids: tuple[int, ...]) -> None:
    """The same bounds on every grid; W and F do what two grids do, and are better than V."""
    two_grids = multigrid.two_grid_factor(DIMENSION[name])
    for levels in grids:
        with torch.no_grad():
            found = {kind: factor(compiled(name, kind, levels), name, levels) for kind in most}
        assert all(found[kind] <= most[kind] for kind in most), found
        if levels > 3:  # on two levels all kinds are one
            assert all(found[kind] < found["V"] for kind in set(most) - {"V"}), found
        assert all(found[kind] <= 1.01 * two_grids for kind in set(most) - {"V"}), found
        assert "W" not in found or found["F"] >= found["W"] - 1e-3, found


@pytest.mark.parametrize("name", DIMENSION)
@pytest.mark.parametrize("kind", ["V", "W", "F"])
def test_one_cycle_is_the_textbooks(name: str, kind: str) -> None:
    rhs = random_data(name, 4)
    scheme = multigrid.Scheme(kind, stencils=multigrid.classical(DIMENSION[name]))
    with torch.no_grad():
        found = compiled(name, kind, 4)(rhs)
    torch.testing.assert_close(found, multigrid.cycle(scheme, rhs), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", DIMENSION)
def test_poisson_has_no_weights_and_keeps_its_stencils_as_buffers(name: str) -> None:
    counted = compile_file(name, L=6).count
    assert counted.weights == 0
    assert counted.buffers == 3 ** DIMENSION[name] * (5 + 4 + 4)


def test_a_learned_cycle_converges_faster_than_the_classical_one() -> None:
    """After a short training: also on a grid finer than the one it learned on."""
    learned = learn_poisson.build(4)
    classical = learn_poisson.factor(learned, 15)
    assert classical == pytest.approx(factor(compiled("poisson", "V", 4), "poisson", 4), abs=0.01)
    learn_poisson.learn(learned, 15, steps=40)
    trained = learn_poisson.factor(learned, 15)
    finer = learn_poisson.factor(learn_poisson.build(5, learned), 31)
    print(f"classical {classical:.3f}, learned {trained:.3f}, on a finer grid {finer:.3f}")
    assert trained < classical / 2
    assert finer < classical / 1.5
