"""The trainer. ``from mgiad_dsl.train import fit, evaluate`` works on any ``nn.Module``.

Names load on first use: the command line must not pay for torch before it trains.
"""

from __future__ import annotations

from importlib import import_module

HOMES = {
    "Network": "network",
    "Recipe": "recipes.recipe",
    "load_recipe": "recipes.recipe",
    "fit": "loop.fit",
    "Result": "loop.fit",
    "evaluate": "evaluation.scores",
    "Scores": "tasks.task",
    "Classes": "tasks.classes",
    "Pixels": "tasks.pixels",
    "Fields": "tasks.fields",
    "Solver": "tasks.solver",
    "Diffusion": "equations.diffusion",
    "open_data": "data.catalogue",
}
__all__ = list(HOMES)


def __getattr__(name: str) -> object:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
