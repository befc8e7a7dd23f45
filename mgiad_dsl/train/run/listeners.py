"""What a run says while it goes: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mgiad_dsl.base.output import put
from mgiad_dsl.train.run.records import EpochRecord
from mgiad_dsl.train.tasks.figures import Figure


@dataclass(frozen=True)
class Moment:
    """Where a run is: optimiser steps done of all, means over the epoch so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    figure: Figure
    value: float  # of the figure
    images_per_second: float
    memory: int | None  # peak bytes on the GPU


class Listener(Protocol):
    """Whoever wants to know how training goes."""

    def moment(self, moment: Moment) -> None:
        """About once a second."""

    def epoch(self, record: EpochRecord) -> None:
        """After each epoch, with what ``metrics.jsonl`` holds."""

    def say(self, text: str) -> None:
        """Something the user should know."""

    def result(self, text: str) -> None:
        """What training came to."""

    def close(self) -> None:
        """The run is over."""


class Quiet:
    """Says nothing."""

    def moment(self, moment: Moment) -> None: ...
    def epoch(self, record: EpochRecord) -> None: ...
    def say(self, text: str) -> None: ...
    def result(self, text: str) -> None: ...
    def close(self) -> None: ...


class Results(Quiet):
    """Says what training came to, and nothing before."""

    def result(self, text: str) -> None:
        put(text)


class Lines(Results):
    """A line for each epoch, for logs."""

    def epoch(self, record: EpochRecord) -> None:
        put(epoch_line(record))

    def say(self, text: str) -> None:
        put(text)


class Bar(Quiet):
    """A live bar over the whole run, and the line of each epoch above it."""

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=Console(stderr=True),
        )
        self.task = self.bar.add_task("training", total=None, figures="")
        self.bar.start()

    def moment(self, moment: Moment) -> None:
        figures = (
            f"{moment.images_per_second:,.0f} images/s  loss {moment.loss:.3f}  "
            f"{moment.figure.words} {moment.figure.shown(moment.value)}"
        )
        if moment.memory is not None:
            figures += f"  {moment.memory / 2**30:.1f} GiB"
        self.bar.update(
            self.task,
            description=f"epoch {moment.epoch + 1}/{moment.epochs}",
            completed=moment.step,
            total=moment.steps,
            figures=figures,
        )

    def epoch(self, record: EpochRecord) -> None:
        self.bar.console.print(epoch_line(record), highlight=False)

    def say(self, text: str) -> None:
        self.bar.console.print(text, highlight=False, markup=False)

    def result(self, text: str) -> None:
        self.say(text)

    def close(self) -> None:
        self.bar.stop()


def epoch_line(record: EpochRecord) -> str:
    training = record.in_training
    line = f"epoch {record.epoch:3d}  loss {record.train_loss:.4f}"
    line += f"  {training.words} {in_words(training, record.figure('train', training))}"
    if record.evaluated:
        held_out = record.figures[0]
        name = "" if held_out == training else f" {held_out.words}"
        line += f"  held out{name} {in_words(held_out, record.figure('test', held_out))}"
    return line + f"  lr {record.lr:.4g}  {record.images_per_second:,.0f} images/s"


def in_words(figure: Figure, value: float | None) -> str:
    return "–" if value is None else figure.shown(value)


def make_listener(first: bool, quiet: bool) -> Listener:
    """The one that suits where standard error goes; only the first process speaks."""
    if not first:
        return Quiet()
    if quiet:
        return Results()
    return Bar() if sys.stderr.isatty() else Lines()
