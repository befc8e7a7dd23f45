"""What a study came to: one result for each candidate, over its seeds."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from optuna.trial import TrialState

from mgiad_dsl.study.candidates import Candidate, Refused
from mgiad_dsl.study.ledger import MAX_DEATHS, Entry
from mgiad_dsl.study.records import Order, Outcome, Robust, Under, order
from mgiad_dsl.train.tasks.figures import FIGURES, Figure


@dataclass(frozen=True)
class Result:
    """A candidate, by one of its orders, and what its trials came to, by seed."""

    order: Order
    trials: tuple[Entry, ...]

    @property
    def outcomes(self) -> list[Outcome]:
        """Of the trials that ended, those that were given up early not among them."""
        return [each.outcome for each in self._ended if each.outcome]

    @property
    def robust(self) -> list[Robust]:
        """Of those trials that ended and were examined."""
        return [each.robust for each in self._ended if each.robust]

    @property
    def _ended(self) -> list[Entry]:
        return [each for each in self.trials if each.state == TrialState.COMPLETE]

    @property
    def figure(self) -> Figure | None:
        """What was measured; None before the first was trained."""
        return FIGURES[self.outcomes[0].figure] if self.outcomes else None

    @property
    def value(self) -> float | None:
        """The mean of the figure over the seeds; None before the first was trained."""
        return _mean([each.value for each in self.outcomes])

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation over the seeds; None of one."""
        return _deviation([each.value for each in self.outcomes])

    def accuracy(self, under: Under) -> float | None:
        """The mean over the seeds, of corrupted or attacked images; None where nobody examined."""
        return _mean([each.accuracy(under) for each in self.robust])

    def accuracy_deviation(self, under: Under) -> float | None:
        return _deviation([each.accuracy(under) for each in self.robust])

    @property
    def seconds(self) -> float | None:
        return _mean([each.seconds for each in self.outcomes])

    @property
    def peak(self) -> float | None:
        """The peak memory of a GPU in bytes."""
        return _mean([float(each.memory) for each in self.outcomes if each.memory is not None])

    @property
    def hardware(self) -> str:
        return ", ".join(dict.fromkeys(each.hardware for each in self.outcomes))

    @property
    def state(self) -> str:
        """``trained 2, failed 1``"""
        words = [state_of(each) for each in self.trials]
        return ", ".join(f"{word} {words.count(word)}" for word in dict.fromkeys(words)) or "new"

    @property
    def errors(self) -> list[str]:
        return [each.error for each in self.trials if each.error]


def state_of(entry: Entry) -> str:
    """How a trial stands, in a word."""
    if entry.state == TrialState.FAIL:
        if entry.error:
            return "failed"
        return "died" if entry.deaths >= MAX_DEATHS else "stopped"
    words = {
        TrialState.WAITING: "waiting",
        TrialState.RUNNING: "running",
        TrialState.COMPLETE: "trained",
        TrialState.PRUNED: "pruned",
    }
    return words[entry.state]


def results(
    grid: Sequence[Candidate | Refused], entries: Sequence[Entry], seeds: Collection[int]
) -> list[Result]:
    """The result of each candidate of a grid, or without one of all that a sampler chose.

    Trials of other ``seeds``, from when the study had more, are left out.
    """
    if grid:
        kept = [each for each in grid if isinstance(each, Candidate) and not each.over]
        known = [order(each, seed=0) for each in kept]
    else:
        known = list({each.order.identity: each.order for each in entries}.values())
    return [
        Result(
            each,
            tuple(
                e for e in entries if e.order.identity == each.identity and e.order.seed in seeds
            ),
        )
        for each in known
    ]


def _mean(values: Sequence[float]) -> float | None:
    return statistics.mean(values) if values else None


def _deviation(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None
