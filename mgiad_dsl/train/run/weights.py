"""``weights.safetensors``: the trained weights of a run, and ``best.safetensors``: those of its
best epoch. Reading them runs no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from mgiad_dsl.base.files import write
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.runtime.weights import differences

NAME = "weights.safetensors"
BEST = "best.safetensors"
FORMER = "weights.pt"  # a pickled state_dict, as runs once had it
_AGAIN = "the command that trained a run writes them again with --resume, from the checkpoint"


def has_weights(folder: Path) -> bool:
    """Whether a run holds trained weights, in either format."""
    return any((folder / name).exists() for name in (NAME, FORMER))


def save_weights(folder: Path, model: nn.Module) -> None:
    """Write the parameters and buffers of a trained model. Raises SpecError."""
    write(folder / NAME, packed(model.state_dict()))


def save_best(folder: Path, weights: Mapping[str, Tensor], epoch: int) -> None:
    """Write the parameters and buffers of the best epoch, with its number. Raises SpecError."""
    write(folder / BEST, packed(weights, epoch=str(epoch)))


def packed(weights: Mapping[str, Tensor], **about: str) -> bytes:
    """What a ``.safetensors`` file of these weights holds; ``about`` is added to its metadata."""
    plain = {name: value.cpu().contiguous() for name, value in weights.items()}
    return safetensors.torch.save(plain, {"format": "pt", **about})


def load_weights(path: Path, model: nn.Module, hint: str = _AGAIN) -> None:
    """Give a model the weights of a run, by its folder, or of a file.

    Raises SpecError as `read_weights`, or with a ``hint`` if they are of another network.
    """
    path = weights_file(path) if path.is_dir() else path
    weights = read_weights(path)
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    wrong = next(iter(differences(wanted, weights).values()), None)
    if wrong:
        raise SpecError(f"{path} is not of this network: {wrong}", hint=hint)
    model.load_state_dict(weights)


def weights_file(folder: Path) -> Path:
    """Where a run has its trained weights. Raises SpecError if it has none."""
    for name in (NAME, FORMER):
        if (folder / name).exists():
            return folder / name
    raise SpecError(
        f"{folder} has no {NAME}: its training has not ended", hint="continue it with --resume"
    )


def read_weights(path: Path) -> dict[str, Tensor]:
    """The ``state_dict`` in a file of either format; no code in it is run.

    Raises SpecError if it cannot be read, or is damaged.
    """
    try:
        if path.suffix == ".pt":
            return _named(torch.load(path, map_location="cpu", weights_only=True))
        return safetensors.torch.load(path.read_bytes())
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    except Exception as error:  # whatever a damaged file makes safetensors, zip and pickle raise
        raise SpecError(f"{path} is damaged, or holds no weights", hint=_AGAIN) from error


def _named(state: object) -> dict[str, Tensor]:
    """A ``state_dict``. Raises TypeError for anything else that was pickled."""
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise TypeError(f"{type(state)} is no state_dict")
    return state
