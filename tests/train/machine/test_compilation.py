from __future__ import annotations

import importlib.util
import sys
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from mgiad_dsl.train import Recipe, fit
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.resident import TrainBatches
from mgiad_dsl.train.data.share import Share
from mgiad_dsl.train.machine.compilation import compiled_regions
from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS
from mgiad_dsl.train.run.listeners import Quiet
from tests.train import small_cycle
from tests.train.loop.test_fit import loader
from tests.train.nets import Plain


class Notes(Quiet):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def emitted():
    """The look-alike of an emitted file, executed anew, with its list of regions."""
    spec = importlib.util.spec_from_file_location("emitted", small_cycle.__file__)
    module = importlib.util.module_from_spec(spec)
    sys.modules["emitted"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["emitted"]
    torch.compiler.reset()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the compiler's own
def test_each_step_is_compiled_once_and_computes_the_same(emitted) -> None:
    torch.manual_seed(0)
    model = emitted.SmallCycle(channels=8, classes=2).train()
    images = torch.randn(4, 1, 8, 8)
    expected, relax = model(images), emitted.relax
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch._dynamo.utils.counters.clear()
    with compiled_regions(model, (images,), nullcontext(), pytest.fail) as works:
        assert works
        compare(model, images, expected, before)
    assert emitted.relax is relax  # the next network of this source is not compiled unasked


def compare(model, images, expected, before) -> None:
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(parameter.grad is None for parameter in model.parameters())
    # two levels of different size, two steps each, the first of all with u = 0 that needs no
    # gradient: three graphs, not four
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 3
    torch.testing.assert_close(model(images), expected, rtol=1e-4, atol=1e-5)
    assert model.state_dict().keys() == before.keys()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_compiled_augmentation_makes_the_same_images(cpu) -> None:
    data = fake("fake:3x32x32:10:64")
    feed = TrainBatches(data, Recipe(batch=32, **AUGMENTATIONS["paper"]), cpu, 0, Share(32))
    expected = [images for images, _ in feed.epoch(0)]
    feed.compile(pytest.fail)
    for (images, _), wanted in zip(feed.epoch(0), expected, strict=True):
        assert torch.equal(images, wanted)


@pytest.fixture
def broken(monkeypatch) -> None:
    def compile_(function, **options):
        def fails(*arguments):
            raise RuntimeError("no C++ compiler\nlong explanation")

        return fails

    monkeypatch.setattr(torch, "compile", compile_)


FAILED = "torch.compile failed (no C++ compiler); training goes on without it, more slowly"


def test_without_a_compiler_batches_are_made_as_before(broken, tiny, cpu) -> None:
    notes, feed = Notes(), TrainBatches(tiny, Recipe(batch=32), cpu, 0, Share(32))
    augment = feed.augment
    feed.compile(notes.say)
    assert feed.augment is augment
    assert notes.said == [FAILED]


def test_without_a_compiler_training_goes_on(broken, emitted) -> None:
    notes, relax = Notes(), emitted.relax
    model = emitted.SmallCycle(channels=8, classes=2)
    recipe = Recipe(epochs=1, compile=True)
    result = fit(model, loader(), recipe, device="cpu", listener=notes)
    assert len(result.records) == 1
    assert emitted.relax is relax
    assert FAILED in notes.said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_module_without_regions_is_compiled_whole() -> None:
    torch.manual_seed(0)
    model, images = Plain(classes=2).train(), torch.randn(2, 1, 8, 8)
    expected = model(images)
    torch._dynamo.utils.counters.clear()
    with compiled_regions(model, (images,), nullcontext(), pytest.fail) as works:
        assert works
        torch.testing.assert_close(model(images), expected)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
    assert model._compiled_call_impl is None


def test_a_failure_half_way_leaves_the_model_as_it_was(monkeypatch) -> None:
    class Half(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(1)

        def forward(self, image):
            assert self.training
            if not torch.is_tensor(self.norm(image)) or self.norm.num_batches_tracked:
                raise RuntimeError("no compiler")
            return image

    monkeypatch.setattr(nn.Module, "compile", lambda self, **options: None)
    model, notes = Half().eval(), Notes()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with compiled_regions(model, (torch.randn(2, 1, 8, 8),), nullcontext(), notes.say) as works:
        assert not works
    assert notes.said
    assert not model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_out_of_memory_is_no_failure_to_compile(monkeypatch) -> None:
    class Greedy(nn.Linear):
        def forward(self, image):
            raise torch.OutOfMemoryError

    monkeypatch.setattr(nn.Module, "compile", lambda self, **options: None)
    context = compiled_regions(Greedy(1, 1), (torch.zeros(1, 1),), nullcontext(), pytest.fail)
    with pytest.raises(torch.OutOfMemoryError), context:
        pass


def test_a_complete_run_is_not_compiled_to_be_resumed(broken, tmp_path) -> None:
    recipe, arguments = Recipe(epochs=1, compile=True), {"device": "cpu", "folder": tmp_path}
    for resume, said in ((False, True), (True, False)):
        notes = Notes()
        model = small_cycle.SmallCycle(channels=8, classes=2)
        fit(model, loader(), recipe, resume=resume, listener=notes, **arguments)
        assert ("compiling" in notes.said) == said
