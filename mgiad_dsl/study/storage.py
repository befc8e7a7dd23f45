"""The database that the processes of a study share: Optuna's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mgiad_dsl.base.files import make_folder
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.study.file import Search
from mgiad_dsl.study.read import DATABASE, Study

if TYPE_CHECKING:
    from optuna import Study as Trials
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage

BEAT = 60  # seconds between signs of life
GRACE = 300  # seconds without one, after which a process is taken for dead


def need_optuna() -> None:
    """Raise SpecError where it is not installed."""
    try:
        import filelock  # noqa: F401
        import optuna  # noqa: F401
    except ImportError:
        raise SpecError("a sweep needs Optuna", hint='pip install "mgiad-dsl[sweep]"') from None


@contextmanager
def experimental() -> Iterator[None]:
    """A context for signs of life: Optuna calls them experimental at every use, and warns where
    they are not given by its own loop, which cannot take a trial by its name.
    """
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", "Heartbeat of storage", UserWarning)
        yield


def open_trials(study: Study) -> tuple[Trials, BaseStorage]:
    """The trials of a study and their storage, which is made where it is missing.

    Raises:
        SpecError: the storage cannot be opened, or holds a study with other objectives.
    """
    need_optuna()
    import optuna
    from filelock import FileLock
    from optuna.study import StudyDirection

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    make_folder(study.out)
    search = study.file.search
    directions = [
        StudyDirection.MAXIMIZE if each == "figure" else StudyDirection.MINIMIZE
        for each in search.objectives
    ]
    with FileLock(study.out / ".lock"):  # tables of a new database are made by one process
        storage = _storage(study)
        trials = optuna.create_study(
            storage=storage,
            study_name=study.name,
            load_if_exists=True,
            directions=directions,
            sampler=_sampler(search),
            pruner=_pruner(search),
        )
    if trials.directions != directions:
        raise SpecError(
            f"the storage holds a study {study.name!r} with other objectives",
            study.place("search", "objectives"),
            hint="another `name`, or another `out`",
        )
    return trials, storage


def is_begun(study: Study) -> bool:
    """Whether the study's own database is there; of another one it cannot be told."""
    return study.file.storage is not None or (study.out / DATABASE).is_file()


def _storage(study: Study) -> BaseStorage:
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalRedisBackend

    url = study.storage
    try:
        if url.startswith("redis"):
            return JournalStorage(JournalRedisBackend(url))
        with experimental():
            # a file is locked while another process writes
            options = {"connect_args": {"timeout": 100}} if url.startswith("sqlite") else {}
            return RDBStorage(url, options, heartbeat_interval=BEAT, grace_period=GRACE)
    except Exception as error:  # whatever drivers of databases raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SpecError(
            f"the storage cannot be opened: {reason}",
            study.place("storage"),
            hint="sqlite:///FILE, postgresql://USER@HOST/NAME or redis://HOST:PORT; each but the "
            "first needs its driver: pip install psycopg2-binary, or redis",
        ) from None


def _sampler(search: Search) -> BaseSampler:
    from optuna import samplers

    if search.sampler == "tpe":
        return samplers.TPESampler()
    if search.sampler == "nsgaii":
        return samplers.NSGAIISampler()
    return samplers.RandomSampler()


def _pruner(search: Search) -> BasePruner:
    from optuna import pruners

    if search.pruner == "halving":
        return pruners.SuccessiveHalvingPruner()
    if search.pruner == "hyperband":
        return pruners.HyperbandPruner()
    if search.pruner == "median":
        return pruners.MedianPruner()
    return pruners.NopPruner()
