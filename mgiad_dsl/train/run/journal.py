"""What a run keeps on disk while it goes: checkpoints and metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mgiad_dsl.base.files import make_folder, remove_unfinished
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.machine.distributed import barrier, from_first
from mgiad_dsl.train.run.checkpoint import latest_checkpoint, list_checkpoints, save_checkpoint
from mgiad_dsl.train.run.metrics import add_record, keep_records, read_records
from mgiad_dsl.train.run.records import EpochRecord


class Journal:
    """Checkpoints and ``metrics.jsonl`` in a folder, written by the first process only.

    ``identity`` is what must not change between saving and resuming, ``about`` what is saved
    besides. A checkpoint is due ``save_every`` seconds after the last.
    """

    def __init__(
        self,
        folder: Path,
        identity: dict[str, str],
        about: dict[str, Any],
        save_every: float,
        rank: int,
    ) -> None:
        self.folder, self.identity, self.about = folder, identity, about
        self.save_every, self.rank = save_every, rank
        self.saved = time.monotonic()
        self.good: Path | None = None  # the checkpoint last written or used

    def due(self) -> bool:
        """Whether the first process finds it time to save."""
        return self.rank == 0 and time.monotonic() - self.saved >= self.save_every

    def save(self, step: int, state: dict[str, Any], seconds: float) -> None:
        """Write a checkpoint; a call for all processes, which return when it is on the disk."""
        if self.rank == 0:
            about = {"identity": self.identity, "about": self.about, "seconds": seconds}
            self.good = save_checkpoint(self.folder, step, state | about)
            self.saved = time.monotonic()
        barrier()

    def open(self, resume: bool, say: Callable[[str], None]) -> dict[str, Any] | None:
        """The state to continue from, or None for a run that begins; the same in all processes.

        Raises SpecError if the folder holds a run that is not to be resumed, or checkpoints
        of which none can be used.
        """
        return from_first(lambda: self._open(resume, say))

    def _open(self, resume: bool, say: Callable[[str], None]) -> dict[str, Any] | None:
        if not resume and list_checkpoints(self.folder):
            raise SpecError(
                f"{self.folder} already holds a run",
                hint="--resume to continue it, or another --out",
            )
        make_folder(self.folder)
        remove_unfinished(self.folder)
        found = latest_checkpoint(self.folder, self.identity, say)
        if found is None:
            keep_records(self.folder, steps=0)
            if resume:
                say(f"no checkpoint in {self.folder}: starting at the beginning")
            return None
        self.good, state = found
        keep_records(self.folder, state["step"])
        say(f"resuming {self.folder} at step {state['step']}")
        return state

    def record(self, record: EpochRecord) -> None:
        if self.rank == 0:
            add_record(self.folder, record)

    def records(self) -> list[EpochRecord]:
        return from_first(lambda: read_records(self.folder))

    def last(self) -> str:
        """The newest checkpoint in words, for error messages."""
        if self.rank:
            return "the first process has the checkpoints"
        if self.good is None:
            return "there is no checkpoint yet"
        return f"the last good checkpoint is {self.good}"
