"""Trains the candidates of a study, one after the other, beside other processes that do so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from traceback import format_exception_only

from optuna import TrialPruned
from optuna.trial import Trial, TrialState

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.study.candidates import Bench, Candidate, Choice, Refused
from mgiad_dsl.study.draw import drawn
from mgiad_dsl.study.ledger import MAX_DEATHS, Entry, Ledger
from mgiad_dsl.study.records import Order, order, orders, score
from mgiad_dsl.study.trial import Machine, examined, outcome, train
from mgiad_dsl.train.tasks.figures import FIGURES

Say = Callable[[str], None]
MAX_REFUSED = 100  # choices of a sampler in a row that give nothing to train


class Sweep:
    """One process of a study. ``grid`` are its candidates, empty where a sampler chooses them."""

    def __init__(
        self,
        bench: Bench,
        grid: Sequence[Candidate | Refused],
        ledger: Ledger,
        machine: Machine,
        say: Say,
    ) -> None:
        self.bench, self.ledger, self.machine, self.say = bench, ledger, machine, say
        self.file = bench.study.file
        self.wanted = orders(grid, self.file.seeds)
        self.candidates = {c.identity: c for c in grid if isinstance(c, Candidate)}
        self.refused = 0  # in a row

    def run(self, only: Order | None = None, retry: bool = False, alone: bool = False) -> None:
        """Train until nothing is left to begin, or ``only`` one trial.

        Args:
            only: of the grid.
            retry: also what failed before.
            alone: no other process works on the study, whatever the storage says.

        Raises:
            SpecError: a sampler finds nothing within the budget.
            SystemExit: a signal stopped the training; it was saved.
        """
        self.ledger.bury(all_of_them=alone)
        self.ledger.add([only] if only else self._missing(), retry)
        while self._train_next(only) or (only is None and self._sample()):
            self.ledger.bury()
            self.ledger.add([] if only else self._missing())
        self._examine(only)

    def _missing(self) -> list[Order]:
        """What has to be trained, except what kills whoever trains it."""
        entries = self.ledger.entries()
        hopeless = {e.order.key for e in entries if e.deaths >= MAX_DEATHS}
        wanted = self.wanted or self._begun(entries)
        return [each for each in wanted if each.key not in hopeless]

    def _begun(self, entries: Sequence[Entry]) -> list[Order]:
        """What a sampler chose: what died, and the other seeds of what was trained."""
        found = []
        for entry in entries:
            if not entry.counts:
                found.append(entry.order)
            elif entry.state == TrialState.COMPLETE:
                found += [entry.order.with_seed(seed) for seed in self.file.seeds]
        return found

    def _train_next(self, only: Order | None) -> bool:
        """Train what waits and nobody else trains; whether there was something."""
        for entry in self._waiting(only):
            with self.ledger.taken(entry) as trial:
                if trial is not None:
                    self._train(trial, entry.order, self._candidate(entry.order))
                    return True
        return False

    def _waiting(self, only: Order | None) -> Iterator[Entry]:
        keys = {each.key for each in ([only] if only else self.wanted)}
        for entry in self.ledger.entries():
            if entry.state == TrialState.WAITING and (not keys or entry.order.key in keys):
                yield entry

    def _candidate(self, wanted: Order) -> Candidate:
        """The candidate of an order; one of a sampler is compiled again."""
        if wanted.identity not in self.candidates:
            family = next(f for f in self.file.families if f.name == wanted.family)
            choice = Choice(family, wanted.spec, wanted.settings, wanted.changes)
            self.candidates[wanted.identity] = self.bench.candidate(choice)
        return self.candidates[wanted.identity]

    def _sample(self) -> bool:
        """Let the sampler choose one more candidate, and train it; whether there may be more."""
        search, first = self.file.search, self.file.seeds[0]
        known = sum(e.order.seed == first for e in self.ledger.entries())
        if search.trials is None or known >= search.trials:
            return False
        trial = self.ledger.ask()
        try:
            candidate = self.bench.candidate(drawn(trial, self.file.families))
        except SpecError as error:
            return self._refuse(trial, error.message)
        if candidate.over:
            return self._refuse(trial, candidate.over)
        self.candidates[candidate.identity] = candidate
        chosen = order(candidate, first)
        with self.ledger.own(trial, chosen) as new:
            if not new:
                return self._refuse(trial, f"the same as {chosen.name} before")
            self.refused = 0
            self._train(trial, chosen, candidate)
        return True

    def _refuse(self, trial: Trial, why: str) -> bool:
        self.ledger.refused(trial, why)
        self.refused += 1
        if self.refused == MAX_REFUSED:
            raise SpecError(
                f"{MAX_REFUSED} choices in a row gave nothing to train; the last: {why}",
                self.bench.study.place("search"),
                hint="a larger budget, other ranges, or fewer `trials`",
            )
        return True

    def _train(self, trial: Trial, wanted: Order, candidate: Candidate) -> None:
        """Train, and write down how it ended; SystemExit and the like go on."""
        name, folder = f"{wanted.name} seed {wanted.seed}", self.bench.study.out / wanted.folder
        self.say(f"training {name}: {wanted.weights:,} weights{self._place()}")
        try:
            found = train(trial, candidate, wanted, self.file, folder, self.machine)
        except TrialPruned:
            self.ledger.pruned(trial, outcome(folder))
            self.say(f"pruned {name}")
        except SpecError as error:
            self._fail(trial, name, str(error))
        except Exception as error:  # of this trial alone: the others are trained all the same
            self._fail(trial, name, "".join(format_exception_only(error)).strip())
        except BaseException:
            self.ledger.stopped(trial)
            self.say(f"stopped {name}: the same command goes on")
            raise
        else:
            figure = FIGURES[found.figure]
            best = score(figure, found.value)
            values = {"figure": best, "weights": wanted.weights, "macs": wanted.macs}
            self.ledger.done(trial, found, [values[each] for each in self.file.search.objectives])
            self.say(f"trained {name}: {figure.shown(found.value)} in {found.seconds:,.0f} s")

    def _examine(self, only: Order | None) -> None:
        """Corrupt and attack what was trained, as far as the study asks for it."""
        images, tried = self.file.robustness, set[tuple[str, int]]()
        while entry := self._unexamined(only, tried):
            wanted = entry.order
            tried.add(wanted.key)
            folder = self.bench.study.out / wanted.folder
            if not folder.is_dir():
                self.say(f"not examined {wanted.name} seed {wanted.seed}: its run is not here")
            elif self.ledger.examine(entry, partial(examined, folder, images, self.machine)):
                self.say(f"examined {wanted.name} seed {wanted.seed}")

    def _unexamined(self, only: Order | None, tried: set[tuple[str, int]]) -> Entry | None:
        """A trained one that nobody has examined so far, on as many images as the study asks."""
        keys = {each.key for each in ([only] if only else self.wanted)}
        for entry in self.ledger.entries() if self.file.robustness else ():
            key, known = entry.order.key, entry.robust and entry.robust.asked
            mine = key not in tried and (not keys or key in keys)
            if mine and entry.state == TrialState.COMPLETE and known != self.file.robustness:
                return entry
        return None

    def _place(self) -> str:
        """``, 3 of 16``"""
        if not self.wanted:
            return ""
        keys = {each.key for each in self.wanted}  # the file may have asked for others before
        ended = [e for e in self.ledger.entries() if e.state.is_finished() and e.counts]
        number = sum(e.order.key in keys for e in ended) + 1
        return f", {number} of {len(self.wanted)}"

    def _fail(self, trial: Trial, name: str, error: str) -> None:
        self.ledger.failed(trial, error)
        self.say(f"failed {name}: {error}")
