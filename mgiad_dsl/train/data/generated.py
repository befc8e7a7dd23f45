"""``poisson:N`` and ``darcy:N``: problems that are drawn and solved here, and then kept."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.cache import kept
from mgiad_dsl.train.data.problems import Array, Coefficient, Problem
from mgiad_dsl.train.data.sets import Tensors, TensorSet

VERSION = 1  # of what is drawn and solved: files of another one are not used
SAMPLES = 1000  # for training; on large grids as many points as on this many of 64 x 64
POINTS = SAMPLES * 64**2
LARGEST = 2**20  # points of a grid
COEFFICIENT, RHS, SOLUTION = "coefficient", "rhs", "solution"
WORDS = {
    "poisson": ("dirichlet", "periodic", "1d", "2d", "3d", "n=1000"),
    "darcy": ("piecewise", "lognormal", "dirichlet", "periodic", "1d", "2d", "3d", "n=1000"),
}


def generated(name: str) -> TensorSet:
    """``poisson:31``, ``darcy:64,lognormal,periodic,n=200``. Raises SpecError.

    The inputs are the coefficient (of Darcy flow) and the right-hand side, the target is the
    solution. A fifth as many samples as for training are held out, on top.
    """
    problem, samples = described(name)
    label = re.sub(r"[^a-z0-9=]+", "-", name)
    tensors = kept(f"{label}-n{samples}-v{VERSION}", lambda: both(problem, samples))
    inputs = (RHS,) if problem.coefficient == "none" else (COEFFICIENT, RHS)

    def part(which: str) -> Tensors:
        fields = tuple(tensors[f"{which}.{each}"] for each in inputs)
        return Tensors(fields, tensors[f"{which}.{SOLUTION}"])

    return TensorSet(name, inputs, part("train"), part("test"), problem=problem)


def both(problem: Problem, samples: int) -> dict[str, Tensor]:
    """Training and held-out fields (n, 1, ...) by name; they have seeds of their own."""
    parts = {"train": (samples, 0), "test": (max(1, samples // 5), 1)}
    return {
        f"{part}.{name}": values
        for part, (count, seed) in parts.items()
        for name, values in fields(problem, count, seed).items()
    }


def fields(problem: Problem, count: int, seed: int, solved: bool = True) -> dict[str, Tensor]:
    """Random inputs of a problem, with its solutions if they are wanted."""
    coefficients, sides = problem.draw(count, seed)
    found = {RHS: as_tensor(sides)}
    if coefficients is not None:
        found[COEFFICIENT] = as_tensor(coefficients)
    if solved:
        found[SOLUTION] = as_tensor(problem.solve(coefficients, sides))
    return found


def as_tensor(samples: Array) -> Tensor:
    return torch.from_numpy(samples).float().unsqueeze(1)


def described(name: str) -> tuple[Problem, int]:
    """The problem and the number of training samples that a name asks for. Raises SpecError."""
    kind, _, rest = name.partition(":")
    points, *options = rest.split(",")
    known = WORDS[kind]
    hint = f"--data {kind}:31, then any of {', '.join(known)} behind commas"
    if not re.fullmatch("[1-9][0-9]{0,6}", points) or int(points) < 2:
        raise SpecError(f"{name!r} does not say how many points a side of the grid has", hint=hint)
    numbers = [re.fullmatch("n=([1-9][0-9]{0,8})", option) for option in options]
    wrong = [o for o, number in zip(options, numbers, strict=True) if not number and o not in known]
    if wrong:
        raise SpecError(f"{name!r}: there is no {wrong[0]!r}", hint=hint)
    dimensions = next((int(option[0]) for option in options if option[1:] == "d"), 2)
    coefficient: Coefficient = "lognormal" if "lognormal" in options else "piecewise"
    problem = Problem(
        coefficient="none" if kind == "poisson" else coefficient,
        points=int(points),
        dimensions=dimensions,
        periodic="periodic" in options,
    )
    grid = problem.points**dimensions
    if grid > LARGEST:
        raise SpecError(
            f"{name!r}: a grid of {grid:,} points is too large for the direct solver",
            hint=f"at most {LARGEST:,} points: {kind}:{int(LARGEST ** (1 / dimensions))}",
        )
    chosen = [int(number[1]) for number in numbers if number]
    return problem, chosen[0] if chosen else max(1, min(SAMPLES, POINTS // grid))
