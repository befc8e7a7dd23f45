"""Problems ``A u = f`` of random coefficients and right-hand sides, drawn and solved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mgiad_dsl.train.equations.diffusion import Diffusion

Array = NDArray[np.float64]
Coefficient = Literal["none", "piecewise", "lognormal"]

# f of Darcy flow, where Li et al. have 1: solutions are of order one
FORCE = {"piecewise": 100.0, "lognormal": 10.0}
HIGH, LOW = 12.0, 3.0  # of a piecewise constant coefficient
TAU = 3.0  # inverse length of the random fields


@dataclass(frozen=True)
class Problem:
    """The Poisson equation (coefficient ``none``), or Darcy flow, on ``points`` in each of
    ``dimensions`` directions.
    """

    coefficient: Coefficient
    points: int
    dimensions: int = 2
    periodic: bool = False

    @property
    def equation(self) -> Diffusion:
        return Diffusion(self.periodic)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.points,) * self.dimensions

    def at(self, points: int) -> Problem:
        return replace(self, points=points)

    def finer(self) -> Problem:
        """On the grid of half the spacing, which has all the points of this one."""
        return self.at(2 * self.points if self.periodic else 2 * self.points + 1)

    def draw(self, count: int, seed: int) -> tuple[Array | None, Array]:
        """Coefficients, if there are any, and right-hand sides, times h^2: (count, n, ...).

        Poisson's have a mean square of 1, every second is smooth and the others are white noise.
        Darcy's are constant, or smooth where the boundary is periodic.
        """
        generator = np.random.default_rng([seed, self.points, self.dimensions])
        if self.coefficient == "none":
            sides = [self._side(generator, smooth=number % 2 == 0) for number in range(count)]
            return None, np.array(sides)
        coefficients = np.array([self._coefficient(generator) for _ in range(count)])
        scale = FORCE[self.coefficient] * self.equation.spacing(self.points) ** 2
        if not self.periodic:
            return coefficients, np.full(coefficients.shape, scale)
        return coefficients, scale * np.array([self._side(generator, True) for _ in range(count)])

    def solve(self, coefficients: Array | None, sides: Array) -> Array:
        """The solutions (count, n, ...), by scipy's direct sparse solver."""
        from mgiad_dsl.train.equations.sparse import solver

        if coefficients is None:
            solve = solver(np.ones(self.shape), self.periodic)
            return np.array([solve(f) for f in sides])
        pairs = zip(coefficients, sides, strict=True)
        return np.array([solver(a, self.periodic)(f) for a, f in pairs])

    def _side(self, generator: np.random.Generator, smooth: bool) -> Array:
        field = self._random_field(generator) if smooth else generator.standard_normal(self.shape)
        if self.periodic:
            field = field - field.mean()
        return field / np.sqrt(np.mean(field**2))

    def _coefficient(self, generator: np.random.Generator) -> Array:
        field = self._random_field(generator)
        if self.coefficient == "piecewise":
            return np.where(field >= 0, HIGH, LOW)
        return np.exp(field)

    def _random_field(self, generator: np.random.Generator) -> Array:
        """A Gaussian random field of covariance (-Laplace + tau^2)^-2, without its mean, and with
        a variance of 1 on average: that of Li et al. (2021), but for its scale.

        Its normal derivative is zero on the boundary, unless that is periodic.
        """
        from scipy import fft

        n = self.points
        white = generator.standard_normal(self.shape)
        step = 2 * np.pi if self.periodic else np.pi
        line = step * (np.fft.fftfreq(n, 1 / n) if self.periodic else np.arange(n))
        square = sum(np.meshgrid(*[line**2] * self.dimensions, indexing="ij"), np.zeros(self.shape))
        spectrum = 1 / (square + TAU**2)
        spectrum[(0,) * self.dimensions] = 0.0
        spectrum *= np.sqrt(white.size / np.sum(spectrum**2))
        if self.periodic:
            return fft.ifftn(fft.fftn(white) * spectrum).real
        return fft.idctn(white * spectrum, norm="ortho")
