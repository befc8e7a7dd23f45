"""``metrics.jsonl``: one JSON object for each epoch, in order."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from mgiad_dsl.base.files import append, write
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.run.records import EpochRecord, in_words

NAME = "metrics.jsonl"


def add_record(folder: Path, record: EpochRecord) -> None:
    """Write the record of an epoch behind the others. Raises SpecError."""
    append(folder / NAME, record.model_dump_json())


def read_records(folder: Path) -> list[EpochRecord]:
    """The epochs of a run; a last line cut short by a crash is left out, and so is a file that
    is not there.

    Raises SpecError for other damage: no epoch is missing in what is returned.
    """
    path = folder / NAME
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(EpochRecord.model_validate_json(line))
        except ValidationError as error:
            if not line.endswith(b"\n"):
                break
            raise SpecError(
                f"{path} is damaged in line {number}: {in_words(error)}",
                hint="remove the line: only curves and report lack the epoch then",
            ) from error
    return records


def last_record(folder: Path) -> EpochRecord:
    """The end of a finished run. Raises SpecError where it is not recorded."""
    records = read_records(folder)
    if not records or not records[-1].evaluated:
        raise SpecError(
            f"{folder / NAME} does not hold the last epoch, which a report needs",
            hint=f"the weights are there: mgiad eval {folder}",
        )
    return records[-1]


def best_record(records: list[EpochRecord]) -> EpochRecord:
    """The first of the epochs that did best on held-out data; one at least was evaluated."""
    figure = records[0].figures[0]
    best: tuple[float, EpochRecord] | None = None
    for record in records:
        value = record.figure("test", figure)
        if value is not None and (best is None or figure.better(value, best[0])):
            best = value, record
    assert best is not None
    return best[1]


def keep_records(folder: Path, steps: int) -> None:
    """Drop what was recorded after step ``steps``: a resumed run records it again."""
    kept = [record for record in read_records(folder) if record.step <= steps]
    write(folder / NAME, "".join(record.model_dump_json() + "\n" for record in kept))
