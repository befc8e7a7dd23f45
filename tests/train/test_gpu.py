"""What can only be seen on a GPU. Skips itself without one."""

from __future__ import annotations

import gc
import json

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch import distributed as dist
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from mgiad_dsl.cli import main
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.runtime.load import load_compiled
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.feed import Feed
from mgiad_dsl.train.data.loaders import make_feed
from mgiad_dsl.train.loop.fit import batch_like, fit, prepared
from mgiad_dsl.train.loop.trainer import Trainer
from mgiad_dsl.train.machine.capture import Captured
from mgiad_dsl.train.machine.distributed import GPU_BACKEND, greatest
from mgiad_dsl.train.machine.precision import backends, uses_bf16
from mgiad_dsl.train.recipes.recipe import AUGMENTATIONS, Recipe, load_recipe
from mgiad_dsl.train.run.listeners import Quiet
from mgiad_dsl.train.tasks.classes import Classes
from tests.train.small_cycle import SmallCycle

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
    pytest.mark.filterwarnings("ignore"),  # the compiler's own
]

SMALL = ["train", "digits", "--data", "digits", "--device", "cuda"]
QUICK = ["--with", "epochs=3", "compile=true", "channels_last=true"]
RECIPES = {
    "paper": load_recipe("paper", {"batch": 64, "ema": 0.9, "clip": 1}),
    "not captured": load_recipe("paper", {"batch": 64, "ema": 0.9, "cuda_graph": False}),
    "fast": load_recipe("fast", {"batch": 64, "compile": True}),
    "compiled paper": load_recipe("fast", {"batch": 64, "compile": True, **AUGMENTATIONS["paper"]}),
}


@pytest.fixture(params=RECIPES.values(), ids=RECIPES.keys())
def training(request):
    """A trainer and its feed, as ``fit`` makes them."""
    recipe, device = request.param, torch.device("cuda", 0)
    data = fake("fake:3x32x32:10:640")
    feed = make_feed(data, recipe, data.shape, device, 0, 0)
    model = SmallCycle(16, 3, 10)
    with backends(recipe), prepared(model, feed, recipe, device, Quiet()):
        trainer = Trainer(model, Classes(recipe.label_smoothing), recipe, device, len(feed))
        trainer.capture([batch_like(feed)], pytest.fail)
        assert (trainer.captured is not None) == recipe.cuda_graph
        yield trainer, feed


def an_epoch(trainer: Trainer, feed: Feed, number: int) -> None:
    for batch in feed.epoch(number):
        trainer.step([batch])


def test_no_step_waits_for_the_gpu(training) -> None:
    trainer, feed = training
    an_epoch(trainer, feed, 0)  # warm up: caches, autotuning
    batches = feed.epoch(1)
    trainer.step([next(batches)])  # order and random numbers of the epoch are copied
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches:
            trainer.step([batch])
    finally:
        torch.cuda.set_sync_debug_mode("default")


class Restless(SmallCycle):
    """Drops values at random, which takes random numbers from the GPU."""

    def forward(self, image: Tensor) -> Tensor:
        return super().forward(F.dropout(image, 0.1, self.training))


class Impatient(Restless):
    """Looks at a value, for which it waits."""

    def forward(self, image: Tensor) -> Tensor:
        assert image.isfinite().all()
        return super().forward(image)


def trained(kind: type[SmallCycle], size: int, deterministic: bool = True, **changes) -> tuple:
    """A network after two epochs of batches, the last of which is smaller, and what was said."""
    torch.manual_seed(0)
    images, labels = torch.randn(150, 3, 16, 16), torch.randint(0, 10, (150,))
    loader = DataLoader(TensorDataset(images, labels), batch_size=size, shuffle=True)
    said = Said()
    recipe = Recipe(epochs=2, batch=size, precision="fp32", tf32=False, clip=1, ema=0.9, **changes)
    model = kind(16, 3, 10)
    fit(model, loader, recipe, device="cuda", deterministic=deterministic, listener=said)
    return model.state_dict(), said.lines


class Said(Quiet):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def replays(monkeypatch) -> list[Captured]:
    """Steps that were replayed."""
    found, replay = [], Captured.__call__

    def noted(self: Captured, *given: Tensor) -> object:
        found.append(self)
        return replay(self, *given)

    monkeypatch.setattr(Captured, "__call__", noted)
    return found


@pytest.mark.parametrize("kind", [SmallCycle, Restless])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_captured_training_is_the_same(kind, accumulate, replays) -> None:
    """Also with random numbers, a last batch of another size, and batches in parts."""
    as_it_is, _ = trained(kind, 32, accumulate=accumulate)
    assert not replays
    captured, said = trained(kind, 32, accumulate=accumulate, cuda_graph=True)
    assert not any("captured" in line for line in said)
    assert len(replays) == 2 * (4 // accumulate)
    for name, value in as_it_is.items():
        assert torch.allclose(captured[name], value, rtol=1e-4, atol=1e-5), name


def test_a_loader_that_pins_memory_meanwhile(replays) -> None:
    data = TensorDataset(torch.randn(4096, 3, 64, 64), torch.randint(0, 10, (4096,)))
    workers = {"num_workers": 2, "persistent_workers": True, "prefetch_factor": 32}
    loader = DataLoader(data, batch_size=64, pin_memory=True, **workers)
    recipe = Recipe(epochs=1, batch=64, cuda_graph=True)
    fit(SmallCycle(16, 3, 10), loader, recipe, device="cuda")
    assert len(replays) == len(loader)


@pytest.mark.parametrize("mixed", [{"mixup": 1}, {"mixup": 1, "mix_probability": 0.5}])
def test_mixed_batches_are_of_one_shape(mixed, replays) -> None:
    """Also those of which nothing was mixed."""
    trained(SmallCycle, 32, cuda_graph=True, **mixed)
    assert len(replays) == 8


def test_what_cannot_be_captured_is_said() -> None:
    """Training goes on as it would have, random numbers included."""
    as_it_is, _ = trained(Impatient, 32)
    not_captured, said = trained(Impatient, 32, cuda_graph=True)
    assert sum("not captured as a CUDA graph" in line for line in said) == 1
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    for name, value in as_it_is.items():
        assert torch.equal(not_captured[name], value), name


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_small_groups_are_computed_together(layout) -> None:
    tree, variant = read("mgiad:g4_cK32")
    image = torch.randn(2, 3, 16, 16, dtype=torch.float64, device="cuda")
    found = []
    for level in (0, 2):
        compiled = compile_tree(tree, variant, {"width": 1 / 2, "size": 16}, level)
        assert ("SmallGroups2d" in compiled.python) == (level == 2)
        torch.manual_seed(0)
        network = load_compiled(compiled).to(image).to(memory_format=layout)
        output = network(image.to(memory_format=layout))
        output.square().sum().backward()
        found.append([output, *(p.grad for p in network.parameters() if p.grad is not None)])
    for plain, together in zip(*found, strict=True):
        torch.testing.assert_close(together, plain, rtol=1e-8, atol=1e-8)


def test_memory_is_stable_over_epochs(training) -> None:
    trainer, feed = training
    peaks = []
    for epoch in range(4):
        gc.collect()
        torch.cuda.reset_peak_memory_stats()
        an_epoch(trainer, feed, epoch)
        peaks.append(torch.cuda.max_memory_allocated())
    # the allocator counts whole blocks, which are not quite the same each time
    assert max(peaks[1:]) < 1.01 * min(peaks[1:])


def test_batches_are_those_of_the_cpu() -> None:
    data, recipe = fake("fake:3x32x32:10:640"), RECIPES["paper"]
    feeds = [make_feed(data, recipe, data.shape, torch.device(d), 0, 0) for d in ("cpu", "cuda")]
    for (images, labels), (on_gpu, labels_there) in zip(*(f.epoch(0) for f in feeds), strict=True):
        assert torch.equal(labels, labels_there.cpu())
        different = (images - on_gpu.cpu()).abs() > 1e-4
        assert different.float().mean() < 1e-3  # a nearest pixel on the edge, a rounded mean


def test_bf16_by_default_where_it_is_native() -> None:
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    assert uses_bf16(Recipe(), torch.device("cuda")) == native
    assert not uses_bf16(Recipe(precision="fp32"), torch.device("cuda"))


def test_the_command_trains_and_evaluates(tmp_path) -> None:
    out = tmp_path / "run"
    assert main([*SMALL, *QUICK, "--out", str(out)]) == 0
    assert main(["eval", str(out), "--device", "cuda", "--robustness-images", "64"]) == 0
    record = json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])
    assert record["memory"] > 0
    assert record["test_accuracy"] > 0.5


def test_deterministic_runs_resume_bit_for_bit(tmp_path) -> None:
    weights = []
    for name, more in (("whole", []), ("resumed", ["--save-every", "0"])):
        arguments = [*SMALL, *QUICK, "--deterministic", "--out", str(tmp_path / name), *more]
        assert main(arguments) == 0
        if more:
            last = sorted((tmp_path / name).glob("step-*.pt"))[-1]
            last.unlink()
            assert main([*arguments, "--resume"]) == 0
        weights.append(load_file(tmp_path / name / "weights.safetensors"))
    for key, value in weights[0].items():
        assert torch.equal(weights[1][key], value), key


def test_a_process_group(tmp_path) -> None:
    """NCCL for gradients, gloo for what the hosts tell each other; one GPU is enough."""
    meeting = (tmp_path / "meeting").as_uri()
    dist.init_process_group(GPU_BACKEND, init_method=meeting, rank=0, world_size=1)
    try:
        assert main([*SMALL, *QUICK, "--save-every", "0", "--out", str(tmp_path / "run")]) == 0
        assert greatest([3, 5], torch.device("cuda")) == [3, 5]
    finally:
        dist.destroy_process_group()


def test_images_from_workers(tmp_path) -> None:
    words = [*SMALL, *QUICK, "augment_on=workers", "--workers", "2"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0


def test_out_of_memory_is_explained(tmp_path, capsys) -> None:
    words = ["--data", "fake:1x8x8:10:4000000", "--with", "batch=4000000", "--out", str(tmp_path)]
    assert main(["train", "digits", "--device", "cuda", "--set", "width=64", *words]) == 1
    assert "out of memory" in capsys.readouterr().err
