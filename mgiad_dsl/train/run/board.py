"""TensorBoard, where it is installed."""

from __future__ import annotations

from pathlib import Path

from mgiad_dsl.base.files import writing
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.run.listeners import Listener, Moment
from mgiad_dsl.train.run.records import EpochRecord


class Board:
    """Passes everything on to another listener, and writes the numbers of each epoch.

    Raises SpecError if the tensorboard package is missing or its files cannot be written.
    """

    def __init__(self, folder: Path, listener: Listener) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise SpecError(
                "TensorBoard is not installed", hint="pip install tensorboard"
            ) from error
        self.folder, self.listener = folder / "tensorboard", listener
        with writing(self.folder):
            self.writer = SummaryWriter(str(self.folder))

    def moment(self, moment: Moment) -> None:
        self.listener.moment(moment)

    def epoch(self, record: EpochRecord) -> None:
        with writing(self.folder):
            for name, value in record:
                if isinstance(value, float):
                    self.writer.add_scalar(name, value, record.step)
            self.writer.flush()
        self.listener.epoch(record)

    def say(self, text: str) -> None:
        self.listener.say(text)

    def result(self, text: str) -> None:
        self.listener.result(text)

    def close(self) -> None:
        """Only what this opened: the other listener goes on."""
        with writing(self.folder):
            self.writer.close()
