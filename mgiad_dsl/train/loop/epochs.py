"""Epochs: train, evaluate, record, save."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.sets import Batch
from mgiad_dsl.train.evaluation.scores import evaluate
from mgiad_dsl.train.loop.kept import better
from mgiad_dsl.train.loop.schedule import learning_rate
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.device import peak_memory
from mgiad_dsl.train.machine.distributed import greatest, share_buffers, together, world
from mgiad_dsl.train.machine.precision import autocast, memory_format
from mgiad_dsl.train.machine.signals import StopRequest
from mgiad_dsl.train.run.journal import Journal
from mgiad_dsl.train.run.listeners import Listener, Moment
from mgiad_dsl.train.run.records import EpochRecord
from mgiad_dsl.train.tasks.task import Scores, Task

SHOW_EVERY = 1.0  # seconds after which figures are read, and processes ask each other


class Loop:
    """Drives a trainer through its epochs. Reading from the device happens about once a
    second, when saving, and between epochs; the steps themselves never wait for it.
    """

    def __init__(
        self,
        trainer: Trainer,
        task: Task,
        feed: Feed,
        test: Iterable[Batch] | None,
        listener: Listener,
        journal: Journal | None,
        began: float | None = None,
    ) -> None:
        self.trainer, self.task, self.feed, self.test = trainer, task, feed, test
        self.listener, self.journal = listener, journal
        self.recipe, self.steps = trainer.recipe, trainer.steps_per_epoch
        self.total = self.recipe.epochs * self.steps
        self.records: list[EpochRecord] = []
        self.scores: Scores | None = None
        self.began = time.monotonic() if began is None else began
        self.entered = self.trainer.done  # step, images and time when this epoch was entered
        self.counted, self.clock = 0, time.monotonic()
        self.next_agreement = 0

    @property
    def seconds(self) -> float:
        """Wall time of the run, compiling and earlier parts of a resumed one included."""
        return time.monotonic() - self.began

    def run(self) -> int | None:
        """Train to the end and have scores; or the number of the signal that came before."""
        with StopRequest() as stop:
            while self.trainer.done < self.total:
                epoch, start = divmod(self.trainer.done, self.steps)
                stopping = self.train_epoch(epoch, start, lambda: stop.signal is not None)
                if self.trainer.done % self.steps == 0:
                    self.finish_epoch(epoch, *self.agree(stop.signal is not None))
                    stopping = self.agree(stop.signal is not None)[0]
                elif not stopping:
                    raise SpecError(
                        f"epoch {epoch + 1} ended after {self.trainer.done % self.steps} of "
                        f"{self.steps} steps: there were fewer batches than their source has said"
                    )
                if stopping:
                    self.save()
                    return stop.signal or signal.SIGTERM
        if self.scores is None and self.test is not None:
            self.scores = self.evaluate()  # the run was complete when resumed
        return None

    def train_epoch(self, epoch: int, start: int, asked: Callable[[], bool]) -> bool:
        """Steps ``start``, ... of an epoch, to its end or until asked to stop; whether it was."""
        trainer, parts = self.trainer, self.recipe.accumulate
        if start == 0:
            trainer.tally.reset()
        self.entered, self.counted = trainer.done, trainer.tally.images
        self.clock = time.monotonic()
        shown = self.clock
        for batch in grouped(self.feed.epoch(epoch, start * parts), parts):
            trainer.step(batch)
            if trainer.done % self.steps == 0:
                break  # a checkpoint here would skip the evaluation
            stop, save = self.agree(asked(), self.journal is not None and self.journal.due())
            if stop:
                return True
            if save:
                self.save()
            if time.monotonic() - shown >= SHOW_EVERY:
                shown = time.monotonic()
                self.show(epoch)
        return False

    def agree(self, *flags: bool) -> list[bool]:
        """Whether any process sets each flag; they ask each other about once a second, and
        after each epoch. In between, nobody does.
        """
        done, device = self.trainer.done, self.trainer.device
        if together() and done < self.next_agreement and done % self.steps:
            return [False for _ in flags]
        *answers, pause = greatest([*flags, self.steps_in_a_second()], device)
        self.next_agreement = done + pause
        return [answer > 0 for answer in answers]

    def steps_in_a_second(self) -> int:
        passed = max(1e-9, time.monotonic() - self.clock)
        return max(1, int((self.trainer.done - self.entered) / passed))

    def speed(self) -> float:
        """Images per second of this epoch so far, over all processes."""
        images = self.trainer.tally.images - self.counted
        return images * world().size / max(1e-9, time.monotonic() - self.clock)

    def show(self, epoch: int) -> None:
        self.check_loss()
        figures = self.trainer.tally.read()
        moment = Moment(
            epoch=epoch,
            epochs=self.recipe.epochs,
            step=self.trainer.done,
            steps=self.total,
            loss=figures.loss,
            figure=self.task.in_training,
            value=figures.figure,
            images_per_second=self.speed(),
            memory=peak_memory(self.trainer.device),
        )
        self.listener.moment(moment)

    def finish_epoch(self, epoch: int, stopping: bool) -> None:
        """Evaluate, unless there is no time for it, record and save what is due."""
        self.check_finite()
        trainer, speed, scores = self.trainer, self.speed(), None
        figures = trainer.tally.total()
        last = epoch + 1 == self.recipe.epochs
        due = last or ((epoch + 1) % self.recipe.eval_every == 0 and not stopping)
        if self.test is not None and due:
            self.scores = scores = self.evaluate()
            if self.recipe.keep == "best":
                trainer.kept = better(trainer.kept, epoch + 1, scores, self.task, trainer.best)
        record = EpochRecord(
            epoch=epoch + 1,
            step=trainer.done,
            lr=learning_rate(self.recipe, trainer.done - 1, self.steps),
            train_loss=figures.loss,
            images_per_second=round(speed, 1),
            test_loss=scores.loss if scores else None,
            seconds=round(self.seconds, 3),
            memory=peak_memory(trainer.device),
            **self.figures(figures.figure, scores),
        )
        self.records.append(record)
        if self.journal:
            self.journal.record(record)
        self.listener.epoch(record)
        if self.agree(last or (self.journal is not None and self.journal.due()))[0]:
            self.save()

    def figures(self, training: float, scores: Scores | None) -> dict[str, float | None]:
        """The fields of a record that differ from task to task."""
        found = scores.figures if scores else {}
        held_out = {f"test_{each.name}": found.get(each.name) for each in self.task.figures}
        return {f"train_{self.task.in_training.name}": training, **held_out}

    def evaluate(self) -> Scores:
        """Scores of the model, or of its average. Uncompiled: the last batch is smaller."""
        assert self.test is not None
        trainer = self.trainer
        share_buffers(trainer.best)  # each process has seen other images since the last step
        with torch.compiler.set_stance("force_eager"):
            return evaluate(
                trainer.best,
                self.test,
                task=self.task,
                device=trainer.device,
                precision=autocast(self.recipe, trainer.device),
                memory_format=memory_format(self.recipe, trainer.device),
            )

    def save(self) -> None:
        """Write a checkpoint, never one with a NaN in it."""
        self.check_finite()
        if self.journal:
            self.journal.save(self.trainer.done, self.trainer.state(), self.seconds)

    def check_loss(self) -> None:
        """Raise SpecError if the loss has ever been NaN or infinite."""
        step = self.trainer.tally.bad_step()
        if step is not None:
            raise self.diverged("the loss is", step)

    def check_finite(self) -> None:
        """The same for the loss, and for the weights that the last step left."""
        self.check_loss()
        if not self.trainer.is_finite():
            raise self.diverged("weights are", self.trainer.done - 1)

    def diverged(self, what: str, step: int) -> SpecError:
        rate = learning_rate(self.recipe, step, self.steps)
        last = self.journal.last() if self.journal else "no checkpoints were asked for"
        return SpecError(
            f"{what} not finite at step {step} (epoch {step // self.steps + 1}), "
            f"learning rate {rate:.4g}; {last}",
            hint=f"a smaller rate or clipped gradients: --with lr={self.recipe.lr / 2:.4g} clip=1",
        )


def grouped(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Lists of ``size`` batches each; an incomplete one at the end is left out."""
    iterator = iter(batches)
    while len(group := list(islice(iterator, size))) == size:
        yield group
