"""Weights that a training starts from, instead of new ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.runtime.weights import differences
from mgiad_dsl.train.run.folder import trained_weights
from mgiad_dsl.train.run.weights import packed


@dataclass(frozen=True)
class Start:
    """Those of the weights in a file that a network has too, by name and shape; ``others`` says
    what is wrong with each of the rest.
    """

    path: Path
    weights: dict[str, Tensor]
    others: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{len(self.weights)} tensors from {self.path}"]
        return "\n  ".join([*lines, *self.others])

    @property
    def digest(self) -> str:
        """What tells these weights from others, as a text."""
        return hashlib.sha256(packed(self.weights)).hexdigest()

    def load(self, model: nn.Module) -> None:
        model.load_state_dict(self.weights, strict=False)


def read_start(path: Path, model: nn.Module) -> Start:
    """What fits a model of the weights of a run, by its folder, or of a file.

    Raises SpecError if it cannot be read or no weight fits: counters alone are none.
    """
    trained = trained_weights(path)
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    wrong = differences(wanted, trained)
    fitting = {name: value for name, value in trained.items() if name not in wrong}
    if not any(value.is_floating_point() for value in fitting.values()):
        first = next(iter(wrong.values()), "it is empty")
        raise SpecError(
            f"no weight in {path} fits this network: {first}",
            hint="names are those of the operators, shapes those of the spec that was trained",
        )
    return Start(path, fitting, tuple(wrong.values()))
