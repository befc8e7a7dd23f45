"""Whether a training is compiled: as the recipe says, or if it takes long enough."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager

import pytest

from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.loop import compiling
from tests.train.loop.test_fit import loader
from tests.train.machine.test_compilation import Notes
from tests.train.nets import Plain


@pytest.fixture
def tried(monkeypatch) -> list[bool]:
    """A stand-in for the compiler, which takes a while; one entry for each use."""
    uses: list[bool] = []

    @contextmanager
    def regions(model, images, precision, say):
        uses.append(True)
        time.sleep(0.3)
        yield False

    monkeypatch.setattr(compiling, "compiled_regions", regions)
    return uses


@pytest.fixture
def faster(monkeypatch) -> None:
    """As where compiled steps are faster."""
    monkeypatch.setattr(compiling, "NO_FASTER", ())


def run(compile_: object, **more: object):
    notes = Notes()
    recipe = Recipe(epochs=1, compile=compile_)
    return notes, fit(Plain(classes=2), loader(), recipe, device="cpu", listener=notes, **more)


def test_on_a_cpu_nothing_is_compiled_by_itself(tried, monkeypatch) -> None:
    monkeypatch.setattr(compiling, "LONG", 0.0)
    notes, _ = run("auto")
    assert tried == []
    assert notes.said[-1] == (
        "not compiled: steps are no faster on a CPU (--with compile=true does it anyway)"
    )


def test_a_short_training_is_not_compiled_by_itself(tried, faster) -> None:
    notes, _ = run("auto")
    assert tried == []
    assert notes.said[-1] == (
        "about 0:00:00 of training as it is: not compiled (--with compile=true does it anyway)"
    )


def test_a_long_training_is(tried, faster, monkeypatch) -> None:
    monkeypatch.setattr(compiling, "LONG", 0.0)
    notes, _ = run("auto")
    assert tried == [True]
    assert notes.said[-2:] == ["about 0:00:00 of training as it is: worth compiling", "compiling"]


@pytest.mark.parametrize("compile_", [True, False])
def test_the_recipe_decides(tried, compile_: bool) -> None:
    notes, _ = run(compile_)
    assert tried == [True] * compile_
    assert ("compiling" in notes.said) == compile_


def test_compiling_counts_as_time_of_the_run(tried) -> None:
    _, result = run(True)
    assert result.seconds >= 0.3
    assert result.records[-1].seconds >= 0.3


class StopsAfterAnEpoch(Notes):
    def epoch(self, record) -> None:
        signal.raise_signal(signal.SIGTERM)


def test_a_resumed_run_goes_on_as_it_began(tried, faster, monkeypatch, tmp_path) -> None:
    """However busy the machine is: compiled or not, the bits differ."""
    arguments = {"recipe": Recipe(epochs=2, compile="auto"), "device": "cpu", "folder": tmp_path}
    monkeypatch.setattr(compiling, "LONG", 0.0)
    stopped = fit(Plain(classes=2), loader(), listener=StopsAfterAnEpoch(), **arguments)
    assert (stopped.stopped, tried) == (signal.SIGTERM, [True])
    monkeypatch.setattr(compiling, "LONG", 1e9)
    notes = Notes()
    done = fit(Plain(classes=2), loader(), listener=notes, resume=True, **arguments)
    assert (len(done.records), tried) == (2, [True, True])
    assert notes.said[-1] == "compiling"
    fit(Plain(classes=2), loader(), resume=True, **arguments)
    assert tried == [True, True]  # there was nothing left to train
