"""``weights.safetensors``: the trained weights of a run. Reading them runs no code."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from mgiad_dsl.base.files import write
from mgiad_dsl.base.source import SpecError

NAME = "weights.safetensors"
FORMER = "weights.pt"  # a pickled state_dict, as runs once had it


def has_weights(folder: Path) -> bool:
    """Whether a run holds trained weights, in either format."""
    return (folder / NAME).exists() or (folder / FORMER).exists()


def save_weights(folder: Path, model: nn.Module) -> None:
    """Write the parameters and buffers of a trained model. Raises SpecError."""
    weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    write(folder / NAME, safetensors.torch.save(weights, {"format": "pt"}))


def load_weights(folder: Path, model: nn.Module) -> None:
    """Give a model the weights of a run. Raises SpecError if they are missing, damaged, or of
    another network.
    """
    path = folder / NAME
    if not path.exists() and (folder / FORMER).exists():
        path = folder / FORMER
    try:
        model.load_state_dict(read_weights(path))
    except FileNotFoundError as error:
        raise SpecError(
            f"{folder} has no {NAME}: its training has not ended",
            hint="continue it with --resume",
        ) from error
    except Exception as error:  # whatever a damaged file makes safetensors, zip and pickle raise
        raise SpecError(
            f"{path} is damaged, or is not of this network",
            hint="the command that trained it with --resume writes it again, from the checkpoint",
        ) from error


def read_weights(path: Path) -> dict[str, Tensor]:
    """The ``state_dict`` in a file of either format; no code in it is run."""
    if path.name == FORMER:
        weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return weights
    return safetensors.torch.load(path.read_bytes())
