"""The operator for tensors, the one as a matrix, and the exact equation, which both approach."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

import mgiad_dsl
from mgiad_dsl.train.equations.classical import can_coarsen, v_cycle
from mgiad_dsl.train.equations.diffusion import Diffusion
from mgiad_dsl.train.equations.sparse import matrix, solver

PERIODIC = pytest.mark.parametrize("periodic", [False, True], ids=["dirichlet", "periodic"])
DIMENSIONS = pytest.mark.parametrize("dimensions", [1, 2, 3])


def tensor(field: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(field)[None, None]


def random(dimensions: int, points: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """A coefficient and a field."""
    generator, shape = np.random.default_rng(0), (points,) * dimensions
    return generator.uniform(0.5, 2, shape), generator.standard_normal(shape)


@PERIODIC
@DIMENSIONS
def test_tensors_and_the_matrix_are_one_operator(dimensions: int, periodic: bool) -> None:
    (a, u), equation = random(dimensions), Diffusion(periodic)
    by_matrix = (matrix(a, periodic) @ u.reshape(-1)).reshape(u.shape)
    np.testing.assert_allclose(equation.apply(tensor(u), tensor(a))[0, 0], by_matrix, atol=1e-12)
    diagonal = matrix(a, periodic).diagonal().reshape(a.shape)
    np.testing.assert_allclose(equation.diagonal(tensor(u), tensor(a))[0, 0], diagonal)


def test_without_a_coefficient_it_is_the_stencil_of_the_spec() -> None:
    _, u = random(2, 15)
    spec = mgiad_dsl.compile("poisson_learned", L=4).double()
    torch.testing.assert_close(Diffusion().apply(tensor(u)), spec.A(tensor(u)))


@PERIODIC
@DIMENSIONS
def test_the_matrix_is_symmetric_and_solutions_solve(dimensions: int, periodic: bool) -> None:
    a, f = random(dimensions)
    f = f - f.mean() if periodic else f
    assert abs(matrix(a, periodic) - matrix(a, periodic).T).max() == 0
    u = solver(a, periodic)(f)
    np.testing.assert_allclose(matrix(a, periodic) @ u.reshape(-1), f.reshape(-1), atol=1e-10)
    if periodic:
        assert abs(u.mean()) < 1e-12


def error(points: int, periodic: bool) -> float:
    """The largest error for a solution made up: u = sin(p x) sin(p y), a = 2 + cos(q x) sin(q y).

    f = -div(a grad u) by hand.
    """
    h, q = Diffusion(periodic).spacing(points), 2 * np.pi
    line = h * (np.arange(points) + (0 if periodic else 1))
    p = q if periodic else np.pi
    x, y = np.meshgrid(line, line, indexing="ij")
    u, a = np.sin(p * x) * np.sin(p * y), 2 + np.cos(q * x) * np.sin(q * y)
    u_x, u_y = p * np.cos(p * x) * np.sin(p * y), p * np.sin(p * x) * np.cos(p * y)
    a_x, a_y = -q * np.sin(q * x) * np.sin(q * y), q * np.cos(q * x) * np.cos(q * y)
    f = 2 * p**2 * a * u - a_x * u_x - a_y * u_y
    f = f - f.mean() if periodic else f  # zero but for the error of the grid
    return float(np.abs(solver(a, periodic)(h**2 * f) - u).max())


@PERIODIC
def test_errors_fall_with_the_square_of_h(periodic: bool) -> None:
    grids = (16, 32, 64) if periodic else (15, 31, 63)
    errors = [error(points, periodic) for points in grids]
    orders = [np.log2(coarse / fine) for coarse, fine in pairwise(errors)]
    assert min(orders) > 1.85
    assert errors[-1] < 2e-3


def factor(equation: Diffusion, left: torch.Tensor, a: torch.Tensor | None) -> float:
    norms = []
    for _ in range(12):
        left = left - equation.apply(v_cycle(equation, left, a), a)
        norms.append(float(left.norm()))
    return (norms[11] / norms[3]) ** (1 / 8)


def test_the_classical_cycle_is_the_spec_poisson() -> None:
    f = torch.randn(2, 1, 31, 31, dtype=torch.float64)
    spec = mgiad_dsl.compile("poisson", L=5).double()
    torch.testing.assert_close(v_cycle(Diffusion(), f), spec(f), rtol=1e-12, atol=1e-12)


@PERIODIC
@DIMENSIONS
@pytest.mark.parametrize("varies", [False, True], ids=["constant", "coefficient"])
def test_the_classical_cycle_converges(dimensions: int, periodic: bool, varies: bool) -> None:
    points = {1: 64, 2: 32, 3: 16}[dimensions] - (not periodic)
    a, f = random(dimensions, points)
    f = f - f.mean() if periodic else f
    found = factor(Diffusion(periodic), tensor(f), tensor(a) if varies else None)
    assert found < (0.3 if dimensions < 3 and not varies else 0.45)


def test_which_grids_can_be_halved() -> None:
    assert [n for n in range(2, 70) if can_coarsen(Diffusion(), n)] == [3, 7, 15, 31, 63]
    assert [n for n in range(2, 70) if can_coarsen(Diffusion(True), n)] == [4, 8, 16, 32, 64]
