"""The four tasks."""

from __future__ import annotations

from torch import Tensor

from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.tasks.classes import Classes, ClassScores
from mgiad_dsl.train.tasks.fields import Fields, FieldScores
from mgiad_dsl.train.tasks.pixels import Pixels, PixelScores
from mgiad_dsl.train.tasks.solver import Solver, SolverScores

Task = Classes | Pixels | Fields | Solver
Scores = ClassScores | PixelScores | FieldScores | SolverScores


def idle_fields(task: Task, recipe: Recipe) -> list[str]:
    """Fields of a recipe that ask for something and have no effect on a task."""
    idle = []
    if recipe.label_smoothing and not isinstance(task, Classes | Pixels):
        idle.append("label_smoothing")
    if recipe.cycles > 1 and not isinstance(task, Solver):
        idle.append("cycles")
    return idle


def task_like(targets: Tensor, recipe: Recipe | None = None) -> Task:
    """The task that targets (n, ...) are for: labels of images, labels of pixels, or fields."""
    recipe = recipe or Recipe()
    if targets.is_floating_point():
        return Fields("h1" if recipe.loss == "h1" else "l2")
    smoothing = recipe.label_smoothing
    return Classes(smoothing) if targets.ndim == 1 else Pixels(smoothing)
