"""What the JSON files of a run hold; each is written from, and read into, one of these."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mgiad_dsl.base.source import SpecError


class Record(BaseModel):
    """Fields that do not change, with values of their types and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunRecord(Record):
    """``run.json``: what was trained on what. ``input_shape`` is (C, H, W), ``mean`` and
    ``std`` of pixels in 0..1 are what images were normalised with.
    """

    network: str
    settings: dict[str, Any]
    input_shape: tuple[int, int, int]
    outputs: int
    weights: int
    macs: int
    data: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    seed: int
    hardware: str
    precision: str
    deterministic: bool
    versions: dict[str, str]
    weights_from: str | None = None  # new ones


class EpochRecord(Record):
    """A line of ``metrics.jsonl``. ``step`` counts all optimiser steps so far, ``lr`` is the
    rate of the last; ``seconds`` is the time since the run began, ``memory`` the peak in bytes.

    What was not measured is None: scores of an epoch that was not evaluated, memory of a CPU.
    """

    epoch: int
    step: int
    lr: float
    train_loss: float
    train_accuracy: float
    images_per_second: float
    test_loss: float | None = None
    test_accuracy: float | None = None
    seconds: float
    memory: int | None


AnyRecord = TypeVar("AnyRecord", bound=BaseModel)


def read_record(path: Path, kind: type[AnyRecord]) -> AnyRecord:
    """The record in a JSON file. Raises SpecError if it cannot be read or is another."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise SpecError(f"{path} is damaged: {in_words(error)}") from error


def in_words(error: ValidationError) -> str:
    """``outputs: Input should be a valid integer``, for the first thing that is wrong."""
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    return f"{where}: {problem['msg']}" if where else problem["msg"]
