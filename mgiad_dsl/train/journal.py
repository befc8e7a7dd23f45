"""What a run keeps on disk while it goes: checkpoints and metrics."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mgiad_dsl.files import make_folder
from mgiad_dsl.source import SpecError
from mgiad_dsl.train.checkpoint import latest_checkpoint, list_checkpoints, save_checkpoint
from mgiad_dsl.train.distributed import barrier
from mgiad_dsl.train.metrics import append_record, keep_records, read_records
from mgiad_dsl.train.progress import Listener
from mgiad_dsl.train.trainer import Trainer


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
        self.metrics = folder / "metrics.jsonl"
        self.saved = time.monotonic()

    def due(self) -> bool:
        """Whether the first process finds it time to save."""
        return self.rank == 0 and time.monotonic() - self.saved >= self.save_every

    def save(self, trainer: Trainer, seconds: float) -> None:
        """Write a checkpoint; a call for all processes, which return when it is on the disk."""
        state = trainer.state()
        if self.rank == 0:
            state |= {"identity": self.identity, "about": self.about, "seconds": seconds}
            save_checkpoint(self.folder, trainer.done, state)
            self.saved = time.monotonic()
        barrier()

    def start(self) -> None:
        """Begin a new run. Raises SpecError if the folder holds one already."""
        if list_checkpoints(self.folder):
            raise SpecError(
                f"{self.folder} already holds a run",
                hint="--resume to continue it, or another --out",
            )
        make_folder(self.folder)
        if self.rank == 0:
            keep_records(self.metrics, steps=0)

    def resume(self, trainer: Trainer, listener: Listener) -> float:
        """Put the trainer where the last usable checkpoint was; seconds trained so far.

        Without any checkpoint the run begins anew. Raises SpecError if all are refused.
        """
        state = latest_checkpoint(self.folder, self.identity, listener.say)
        if state is None:
            listener.say(f"no checkpoint in {self.folder}: starting at the beginning")
            self.start()
            return 0.0
        trainer.restore(state, self.rank)
        if self.rank == 0:
            keep_records(self.metrics, trainer.done)
        listener.say(f"resuming {self.folder} at step {trainer.done}")
        return state["seconds"]

    def record(self, record: dict[str, Any]) -> None:
        if self.rank == 0:
            append_record(self.metrics, record)

    def records(self) -> list[dict[str, Any]]:
        return read_records(self.metrics)

    def last(self) -> str:
        """The newest checkpoint in words, for error messages."""
        paths = list_checkpoints(self.folder)
        return f"the last good checkpoint is {paths[-1]}" if paths else "there is no checkpoint yet"
