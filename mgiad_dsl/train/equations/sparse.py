"""The same operator as a sparse matrix, and solutions by scipy's direct solver."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

Array = NDArray[np.float64]


def matrix(a: Array, periodic: bool) -> sparse.csc_matrix:
    """A of ``Diffusion`` for a coefficient on the grid (n, ...), numbered row by row."""
    number = np.arange(a.size).reshape(a.shape)
    rows, columns, values = [], [], []
    diagonal = np.zeros(a.shape)
    for axis in range(a.ndim):
        for step in (1, -1):
            beside = np.roll(number, -step, axis)
            face = (a + a.reshape(-1)[beside]) / 2
            inside = np.ones(a.shape, dtype=bool)
            if not periodic:  # at the boundary: the coefficient of the nearest point, and u = 0
                edge = [slice(None)] * a.ndim
                edge[axis] = slice(-1, None) if step == 1 else slice(0, 1)
                face[tuple(edge)] = a[tuple(edge)]
                inside[tuple(edge)] = False
            diagonal += face
            rows.append(number[inside])
            columns.append(beside[inside])
            values.append(-face[inside])
    rows.append(number.reshape(-1))
    columns.append(number.reshape(-1))
    values.append(diagonal.reshape(-1))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.coo_matrix(entries, shape=(a.size, a.size)).tocsc()


def solver(a: Array, periodic: bool) -> Callable[[Array], Array]:
    """From f to the solution u of ``A u = f``, both (n, ...); the matrix is factored once.

    A periodic u has mean zero, and f must have.
    """
    whole = matrix(a, periodic)
    free = a.size - 1 if periodic else a.size  # one value is free: it is zero, then the mean
    factors = splu(whole[:free, :free], permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve(f: Array) -> Array:
        u = np.zeros(a.size)
        u[:free] = factors.solve(f.reshape(-1)[:free])
        return (u - u.mean() if periodic else u).reshape(a.shape)

    return solve
