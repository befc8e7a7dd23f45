"""mgiad_dsl: a compiler for multigrid-style neural networks.

``compile("mgnet:cifar100", width=2)`` gives the ``nn.Module``; ``count`` its exact weights
without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.base.version import VERSION
from mgiad_dsl.compiler import Compiled, compile_file, compile_source, read
from mgiad_dsl.counting.count import WeightCount

if TYPE_CHECKING:
    from torch import nn

    from mgiad_dsl.counting.memory import Memory
    from mgiad_dsl.solving.solve import Solution

__version__ = VERSION
__all__ = [
    "Compiled",
    "Source",
    "SpecError",
    "WeightCount",
    "compile",
    "compile_file",
    "compile_source",
    "count",
    "memory",
    "solve",
]


def compile(spec: str | PathLike[str], /, **settings: object) -> nn.Module:
    """The network of a spec as a live PyTorch module, freshly initialised.

    Weights come from torch's global generator: call ``torch.manual_seed`` before for the
    same ones again. It knows its ``count``, its ``spec`` and its ``picture``. Needs the extra
    ``torch``.

    Args:
        spec: ``path/to/file.mgspec``, as text or as a path, with ``:variant`` if wanted, or a
            bundled name.
        settings: network parameters to set otherwise, such as ``width=3``.

    Raises:
        SpecError: anything wrong in the spec or the settings.
    """
    from mgiad_dsl.runtime import load_compiled

    return load_compiled(compile_file(spec, **settings))


def count(spec: str | PathLike[str], /, **settings: object) -> WeightCount:
    """The exact counts of a spec; torch is not needed.

    Raises:
        SpecError: anything wrong in the spec or the settings.
    """
    return compile_file(spec, **settings).count


def memory(
    spec: str | PathLike[str], batch: int, dtype: str = "float32", /, **settings: object
) -> Memory:
    """The memory of training and inference of a spec; torch is not needed.

    Args:
        spec: as of `compile`.
        batch: the number of images.
        dtype: what the network is converted to: ``"bfloat16"``.
        settings: network parameters to set otherwise.

    Raises:
        SpecError: anything wrong in the spec or the settings, or no such batch or dtype.
    """
    return compile_file(spec, **settings).memory(batch, dtype)


def solve(
    spec: str | PathLike[str],
    vary: Mapping[str, object],
    /,
    *,
    weights: int | None = None,
    macs: int | None = None,
    memory: int | None = None,
    batch: int = 1,
    by: str = "weights",
    least: bool = False,
    top: int = 10,
    **settings: object,
) -> Solution:
    """The best networks within a budget; torch is not needed, and nothing is built.

    Args:
        spec: as of `compile`.
        vary: the values to try of each parameter, all combinations of them: a list, or a text
            such as ``"0.5:4:0.1"`` (exact, both ends) or ``"true,false"``.
        weights: the most weights.
        macs: the most multiply-accumulates for an image.
        memory: the most bytes that training a ``batch`` takes, in float32.
        batch: the number of images for ``memory``.
        by: what the best has most of: ``weights``, ``macs`` or a varied number.
        least: the best has least of it.
        top: how many to give at most.
        settings: other parameters to set otherwise.

    Raises:
        SpecError: anything wrong in the spec or the arguments. Values that make no network are
            no error: they are counted and explained in ``refusals``.
    """
    from mgiad_dsl.solving.grid import Grid, axis
    from mgiad_dsl.solving.solve import Budget, solution

    tree, variant = read(spec)
    axes = tuple(axis(name, values) for name, values in vary.items())
    grid = Grid(tree, variant, axes, settings)
    return solution(grid, Budget(weights, macs, memory, batch), by, top, least=least)
