"""What a study writes into Optuna's storage of each trial."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from typing import Any, Literal

from mgiad_dsl.study.candidates import Candidate, Refused
from mgiad_dsl.train.run.records import EpochRecord, Record
from mgiad_dsl.train.tasks.figures import Figure

Under = Literal["corruptions", "attacks"]


class Order(Record):
    """What is to be trained: a candidate with one seed.

    ``identity`` is that of the candidate, ``network`` its title, ``memory`` the predicted one of
    training in bytes.
    """

    identity: str
    seed: int
    family: str
    label: str
    name: str
    network: str
    spec: str
    settings: dict[str, Any]
    changes: dict[str, Any]
    weights: int
    macs: int
    memory: int

    @property
    def key(self) -> tuple[str, int]:
        """Trials of one key are the same."""
        return self.identity, self.seed

    @property
    def folder(self) -> str:
        """``MGiaD-width=3-1a2b3c4d-seed0``: another recipe or spec is another folder."""
        words = re.sub(r"[^A-Za-z0-9._=]+", "-", self.name).strip("-.")[:100]
        return f"{words}-{self.identity[:8]}-seed{self.seed}"

    def with_seed(self, seed: int) -> Order:
        return self.model_copy(update={"seed": seed})


class Epoch(Record):
    """A point of a learning curve: ``value`` is the main figure of held-out samples."""

    epoch: int
    train_loss: float
    value: float | None


class Outcome(Record):
    """What a trial came to: the ``value`` of the main ``figure`` of its task at the end, such as
    the accuracy of held-out images in 0..1; ``seconds`` of training, the peak of ``memory`` of a
    GPU in bytes.
    """

    figure: str
    value: float
    loss: float | None
    seconds: float
    memory: int | None
    hardware: str
    curve: tuple[Epoch, ...]


class Robust(Record):
    """What `mgiad eval` measures of a trained network on some held-out images: accuracies in 0..1
    by corruption and severity, by attack and epsilon. The study ``asked`` for so many images.
    """

    asked: int
    images: int
    corrupted: dict[str, tuple[float, ...]]
    attacked: dict[str, tuple[float, ...]]

    def accuracy(self, under: Under) -> float:
        """The mean over all corruptions and severities, or over all attacks and epsilons."""
        rows = self.corrupted if under == "corruptions" else self.attacked
        return statistics.mean(share for row in rows.values() for share in row)


def order(candidate: Candidate, seed: int) -> Order:
    return Order(
        identity=candidate.identity,
        seed=seed,
        family=candidate.choice.family.name,
        label=candidate.label,
        name=candidate.name,
        network=candidate.compiled.title,
        spec=candidate.choice.spec,
        settings=dict(candidate.choice.settings),
        changes=dict(candidate.choice.changes),
        weights=candidate.weights,
        macs=candidate.macs,
        memory=candidate.memory,
    )


def orders(grid: Sequence[Candidate | Refused], seeds: Sequence[int]) -> list[Order]:
    """Every candidate within the budget with every seed, the same ones once."""
    kept = [each for each in grid if isinstance(each, Candidate) and not each.over]
    every: dict[tuple[str, int], Order] = {}
    for seed in seeds:
        for each in kept:
            every.setdefault((each.identity, seed), order(each, seed))
    return list(every.values())


def point(record: EpochRecord) -> Epoch:
    """An epoch of a run as a point of its curve."""
    value = measured(record)[1] if record.evaluated else None
    return Epoch(epoch=record.epoch, train_loss=record.train_loss, value=value)


def measured(record: EpochRecord) -> tuple[Figure, float]:
    """The main figure of an epoch that was evaluated."""
    figure = record.figures[0]
    value = record.figure("test", figure)
    return figure, float("nan") if value is None else value


def score(figure: Figure, value: float) -> float:
    """A figure as something to maximise."""
    return value if figure.higher_is_better else -value
