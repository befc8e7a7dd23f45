"""Trains one trial, and tells Optuna how it goes; examines what was trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from optuna import TrialPruned
from optuna.trial import Trial

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.study.candidates import Candidate
from mgiad_dsl.study.file import StudyFile
from mgiad_dsl.study.records import Order, Outcome, Robust, measured, point, score
from mgiad_dsl.train.data.sets import Where
from mgiad_dsl.train.evaluation.examine import examine
from mgiad_dsl.train.evaluation.findings import write_examination
from mgiad_dsl.train.experiment import Options, run_experiment
from mgiad_dsl.train.network import trainable
from mgiad_dsl.train.run.listeners import Quiet
from mgiad_dsl.train.run.metrics import read_records
from mgiad_dsl.train.run.records import EpochRecord, RunRecord, read_record


@dataclass(frozen=True)
class Machine:
    """What is not the study's, but of whoever trains: where data lie, on what, with how many
    processes that decode.
    """

    where: Where
    device: str | None
    workers: int


class Watcher(Quiet):
    """Tells each evaluated epoch to Optuna, whose pruner may end the training."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial

    def epoch(self, record: EpochRecord) -> None:
        if not record.evaluated or len(self.trial.study.directions) > 1:
            return
        self.trial.report(score(*measured(record)), record.epoch)
        if self.trial.should_prune():
            raise TrialPruned


def train(
    trial: Trial,
    candidate: Candidate,
    order: Order,
    file: StudyFile,
    folder: Path,
    machine: Machine,
) -> Outcome:
    """Train a candidate with one seed, from its last checkpoint if there is one.

    Raises:
        TrialPruned: the pruner gave it up.
        SystemExit: a signal stopped it; it was saved.
        Exception: whatever goes wrong in training.
    """
    options = Options(
        data=file.data,
        where=machine.where,
        recipe=candidate.recipe,
        seeds=(order.seed,),
        out=folder,
        resume=(folder / "run.json").is_file(),
        save_every=file.save_every,
        device=machine.device,
        deterministic=file.deterministic,
        workers=machine.workers,
    )
    run_experiment(trainable(candidate.compiled), options, Watcher(trial))
    return outcome(folder)


def outcome(folder: Path) -> Outcome:
    """What the records of a run say. Raises SpecError if nothing was evaluated."""
    records = read_records(folder)
    evaluated = [record for record in records if record.evaluated]
    if not evaluated:
        raise SpecError(f"{folder} holds no evaluated epoch")
    figure, value = measured(evaluated[-1])
    return Outcome(
        figure=figure.name,
        value=value,
        loss=evaluated[-1].test_loss,
        seconds=records[-1].seconds,
        memory=max((r.memory for r in records if r.memory is not None), default=None),
        hardware=read_record(folder / "run.json", RunRecord).hardware,
        curve=tuple(map(point, records)),
    )


def examined(run: Path, images: int, machine: Machine) -> Robust:
    """Evaluate a run as `mgiad eval` does, and write into it what that writes.

    Raises:
        SpecError: it cannot be read, or is no classifier of images, as `examine` says.
    """
    found = examine(
        run, None, machine.where, machine.device, images=images, batch=None, workers=machine.workers
    )
    assert found.robustness is not None  # else it is refused
    write_examination(run, found)
    return Robust(
        asked=images,
        images=found.robustness.images,
        corrupted={name: tuple(row) for name, row in found.robustness.corrupted.items()},
        attacked={name: tuple(row) for name, row in found.robustness.attacked.items()},
    )
