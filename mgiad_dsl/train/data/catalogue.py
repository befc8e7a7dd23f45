"""From the word after ``--data`` to a data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mgiad_dsl.source import SpecError
from mgiad_dsl.train.data import builtin
from mgiad_dsl.train.data.sets import DataSet

NAMES = "digits, fake:CxHxW:classes:n"


@dataclass(frozen=True)
class Where:
    """Where data sets lie, and whether and from where they may be fetched."""

    folder: Path = Path("data")
    download: bool = False
    mirror: str | None = None


def open_data(
    name: str,
    where: Where | None = None,
    input_shape: tuple[int, int, int] = (3, 32, 32),
    outputs: int = 10,
) -> DataSet:
    """Open a data set; ``input_shape`` and ``outputs`` complete a bare ``fake``.

    Raises SpecError for an unknown name and for missing or damaged files.
    """
    kind, _, _ = name.partition(":")
    if name == "digits":
        return builtin.digits()
    if kind == "fake":
        return builtin.fake(name, input_shape, outputs)
    raise SpecError(f"there is no data set {name!r}", hint=f"data sets: {NAMES}")
