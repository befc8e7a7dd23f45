"""mgiad_dsl: a compiler for multigrid-style neural networks.

``compile("mgnet:cifar100", width=2)`` gives the ``nn.Module``; ``count`` its exact weights
without torch.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.base.version import VERSION
from mgiad_dsl.compiler import Compiled, compile_file, compile_source
from mgiad_dsl.counting.count import WeightCount

if TYPE_CHECKING:
    from torch import nn

    from mgiad_dsl.counting.memory import Memory

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
]


def compile(spec: str | PathLike[str], /, **settings: object) -> nn.Module:
    """The network of a spec as a live PyTorch module, freshly initialised.

    Weights come from torch's global generator: call ``torch.manual_seed`` before for the
    same ones again. Needs the extra ``torch``.

    Args:
        spec: ``path/to/file.mgspec``, as text or as a path, with ``:variant`` if wanted, or a
            bundled name.
        settings: network parameters to set otherwise, such as ``width=3``.

    Raises:
        SpecError: anything wrong in the spec or the settings.
    """
    from mgiad_dsl.runtime import load

    compiled = compile_file(spec, **settings)
    return load(compiled.python, compiled.name)


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
