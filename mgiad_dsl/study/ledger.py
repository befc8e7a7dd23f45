"""The trials of a study: who trains what, what was trained, and what failed.

Optuna's storage holds them; its states mean here:

======== ==========================================================================
WAITING  to be trained by whoever comes first
RUNNING  being trained; of a process that died, it is found dead and ordered again
COMPLETE trained: an `Outcome`
PRUNED   given up early by the pruner, or never trained because it was refused
FAIL     failed with an error; without one it died or was stopped, and does not count
======== ==========================================================================
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState

from mgiad_dsl.base.files import make_folder
from mgiad_dsl.study.records import Order, Outcome, Robust
from mgiad_dsl.study.storage import BEAT, experimental

if TYPE_CHECKING:
    from optuna import Study as Trials
    from optuna.storages import BaseStorage

START = timedelta(seconds=60)  # from taking a trial to having said who did
MAX_DEATHS = 3  # of one trial: it probably kills whoever trains it


@dataclass(frozen=True)
class Entry:
    """A trial as it stands in the storage, and how robust its network was found to be."""

    id: int
    number: int
    state: TrialState
    order: Order
    outcome: Outcome | None
    error: str | None
    host: str | None
    since: datetime | None
    deaths: int
    robust: Robust | None = None

    @property
    def counts(self) -> bool:
        """Whether nothing of the same key need be ordered again."""
        return self.rank > 0

    @property
    def rank(self) -> int:
        """0: it died or was stopped, 1: it failed, 2: it waits, is trained or being trained."""
        if self.state != TrialState.FAIL:
            return 2
        return 0 if self.error is None else 1


class Ledger:
    """The trials of one study; ``out`` is the folder of their runs."""

    def __init__(self, trials: Trials, storage: BaseStorage, out: Path) -> None:
        self.trials, self.storage, self.out = trials, storage, out
        self.host = socket.gethostname()

    def entries(self) -> list[Entry]:
        """The trials of this study, oldest first, and of each key one.

        That is the first that counts, where two processes have ordered the same; an error counts
        less. Those that a sampler chose and nobody trained are left out.
        """
        chosen: dict[tuple[str, int], Entry] = {}
        deaths: dict[tuple[str, int], int] = {}
        for trial in self.trials.get_trials(deepcopy=False):
            if "order" not in trial.user_attrs:
                continue
            entry = _entry(trial)
            key = entry.order.key
            died = not entry.counts and entry.host is not None
            deaths[key] = deaths.get(key, 0) + died
            if key not in chosen or entry.rank > chosen[key].rank:
                chosen[key] = entry
        about = self.trials.user_attrs
        found = {key: about.get(_robust(key)) for key in chosen}
        robust = {key: Robust.model_validate(each) for key, each in found.items() if each}
        return [
            replace(entry, deaths=deaths[key], robust=robust.get(key))
            for key, entry in chosen.items()
        ]

    # -- ordering ---------------------------------------------------------------------------

    def add(self, orders: Iterable[Order], retry: bool = False) -> None:
        """Order what neither waits nor is trained; with ``retry`` also what failed."""
        with FileLock(self.out / ".lock"):
            known = {e.order.key for e in self.entries() if _stands(e, retry)}
            for order in orders:
                if order.key not in known:
                    self.trials.enqueue_trial({}, user_attrs={"order": order.model_dump()})
                    known.add(order.key)

    def bury(self, all_of_them: bool = False) -> None:
        """Give up the trials of processes that died.

        On this machine a process that lives holds the lock of its trial. Of another machine
        signs of life are missed for a while, or never with a storage without them: with
        ``all_of_them`` no other process is said to live.
        """
        with experimental():
            fail_stale_trials(self.trials)
        for entry in self.entries():
            if entry.state != TrialState.RUNNING:
                continue
            unsigned = entry.host is None and entry.since and datetime.now() - entry.since > START
            if all_of_them or unsigned or (entry.host == self.host and self._is_free(entry)):
                with _unless_ended():
                    self.storage.set_trial_state_values(entry.id, TrialState.FAIL)

    # -- training ---------------------------------------------------------------------------

    @contextmanager
    def taken(self, entry: Entry) -> Iterator[Trial | None]:
        """A context in which this process alone trains a trial; None if another one does."""
        with self._locked(entry.order) as mine:
            if not mine or not self._claim(entry):
                yield None
                return
            with self._alive(entry.id):
                yield Trial(self.trials, entry.id)

    def ask(self) -> Trial:
        """A new trial, for which the sampler chooses."""
        with experimental():
            return self.trials.ask()

    @contextmanager
    def own(self, trial: Trial, order: Order) -> Iterator[bool]:
        """The same for a trial that a sampler chose; False if its key is known."""
        with self._locked(order) as mine:
            if not mine or any(e.order.key == order.key and e.counts for e in self.entries()):
                yield False
                return
            trial.set_user_attr("order", order.model_dump())
            trial.set_user_attr("host", self.host)
            with self._alive(trial._trial_id):
                yield True

    def done(self, trial: Trial, outcome: Outcome, values: list[float]) -> None:
        self._end(trial, TrialState.COMPLETE, values, outcome=outcome.model_dump())

    def failed(self, trial: Trial, error: str) -> None:
        self._end(trial, TrialState.FAIL, error=error)

    def stopped(self, trial: Trial) -> None:
        """It ended before its time, and goes on when somebody continues the study."""
        self._end(trial, TrialState.FAIL, host=None)

    def pruned(self, trial: Trial, outcome: Outcome) -> None:
        self._end(trial, TrialState.PRUNED, outcome=outcome.model_dump())

    def refused(self, trial: Trial, why: str) -> None:
        self._end(trial, TrialState.PRUNED, refused=why)

    # -- afterwards -------------------------------------------------------------------------

    def examine(self, entry: Entry, examined: Callable[[], Robust]) -> bool:
        """Keep what is found of a trained network, unless another process examines it."""
        with self._locked(entry.order) as mine:
            if mine:
                self.trials.set_user_attr(_robust(entry.order.key), examined().model_dump())
            return mine

    # -- parts ------------------------------------------------------------------------------

    def _claim(self, entry: Entry) -> bool:
        try:
            if not self.storage.set_trial_state_values(entry.id, TrialState.RUNNING):
                return False
        except UpdateFinishedTrialError:
            return False
        self.storage.set_trial_user_attr(entry.id, "host", self.host)
        return True

    def _end(
        self, trial: Trial, state: TrialState, values: list[float] | None = None, **about: Any
    ) -> None:
        """Of a trial that another machine took for dead and ordered again, nothing is said."""
        with _unless_ended():
            for name, value in about.items():
                trial.set_user_attr(name, value)
            self.trials.tell(trial, values, state)

    def _lock(self, order: Order) -> FileLock:
        folder = self.out / ".locks"
        make_folder(folder)
        return FileLock(folder / f"{order.folder}.lock")

    @contextmanager
    def _locked(self, order: Order) -> Iterator[bool]:
        """A context that holds the lock of a trial, or has not got it."""
        lock = self._lock(order)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        with lock:
            lock.release()  # the context holds it once
            yield True

    def _is_free(self, entry: Entry) -> bool:
        with self._locked(entry.order) as free:
            return free

    @contextmanager
    def _alive(self, trial_id: int) -> Iterator[None]:
        """Give signs of life while the context lasts, where the storage takes them."""
        storage, over = self.storage, Event()
        if not isinstance(storage, RDBStorage):
            yield
            return

        def beat() -> None:
            while not over.wait(BEAT):
                storage.record_heartbeat(trial_id)

        storage.record_heartbeat(trial_id)
        thread = Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def _unless_ended() -> Iterator[None]:
    """A context in which another process may have ended the trial.

    To end it once more is an UpdateFinishedTrialError, or a ValueError of ``tell``.
    """
    with suppress(UpdateFinishedTrialError, ValueError):
        yield


def _robust(key: tuple[str, int]) -> str:
    """What the storage calls a finding: it belongs to the study, for a trial that ended is shut."""
    return "robust {} {}".format(*key)


def _stands(entry: Entry, retry: bool) -> bool:
    return entry.counts and not (retry and entry.error is not None)


def _entry(trial: FrozenTrial) -> Entry:
    about = trial.user_attrs
    return Entry(
        id=trial._trial_id,
        number=trial.number,
        state=trial.state,
        order=Order.model_validate(about["order"]),
        outcome=Outcome.model_validate(about["outcome"]) if about.get("outcome") else None,
        error=about.get("error"),
        host=about.get("host"),
        since=trial.datetime_start,
        deaths=0,
    )
