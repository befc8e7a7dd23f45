"""What the JSON files of a run hold; each is written from, and read into, one of these."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.tasks.figures import FIGURES, Figure


class Record(BaseModel):
    """Fields that do not change, with values of their types and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunRecord(Record):
    """``run.json``: what was trained on what. Shapes of ``inputs``, by name, and of the
    ``output`` are those of one sample, such as (C, H, W) and (classes,). ``mean`` and ``std`` of
    pixels in 0..1 are what images were normalised with; empty where there are none.
    """

    network: str
    settings: dict[str, Any]
    task: str
    inputs: dict[str, tuple[int, ...]]
    output: tuple[int, ...]
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

    @model_validator(mode="before")
    @classmethod
    def _classifier(cls, fields: Any) -> Any:
        """A run from when all networks mapped one image to classes."""
        if isinstance(fields, dict) and {"input_shape", "outputs"} <= fields.keys():
            shape, classes = fields.pop("input_shape"), fields.pop("outputs")
            fields |= {"task": "classes", "inputs": {"image": shape}, "output": [classes]}
        return fields


class EpochRecord(Record):
    """A line of ``metrics.jsonl``. ``step`` counts all optimiser steps so far, ``lr`` is the
    rate of the last; ``seconds`` is the time since the run began, ``memory`` the peak in bytes.

    Besides the losses there are the figures of the task, ``train_accuracy`` and
    ``test_accuracy`` for one. What was not measured is None: scores of an epoch that was not
    evaluated, memory of a CPU.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, float | None] = Field(init=False)

    epoch: int
    step: int
    lr: float
    train_loss: float
    images_per_second: float
    test_loss: float | None = None
    seconds: float
    memory: int | None

    @model_validator(mode="after")
    def _figures_are_known(self) -> EpochRecord:
        for key in self.__pydantic_extra__:
            part, _, name = key.partition("_")
            if part not in ("train", "test") or name not in FIGURES:
                raise ValueError(f"there is no field {key!r}")
        return self

    def figure(self, part: str, figure: Figure) -> float | None:
        """A figure of ``train`` or ``test``; None where it was not measured."""
        return self.__pydantic_extra__.get(f"{part}_{figure.name}")

    @property
    def evaluated(self) -> bool:
        """Whether the epoch ended with held-out samples."""
        return any(self.figure("test", each) is not None for each in self.figures)

    @property
    def figures(self) -> list[Figure]:
        """The figures of held-out samples, the main one first."""
        return [f for f in FIGURES.values() if f"test_{f.name}" in self.__pydantic_extra__]

    @property
    def in_training(self) -> Figure:
        """The figure of the training samples."""
        return next(f for f in FIGURES.values() if f"train_{f.name}" in self.__pydantic_extra__)


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
