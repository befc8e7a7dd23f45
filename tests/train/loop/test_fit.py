from __future__ import annotations

import json

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train import Recipe, evaluate, fit
from mgiad_dsl.train.machine.device import choose_device
from mgiad_dsl.train.machine.faults import training_explained
from mgiad_dsl.train.machine.precision import memory_format
from mgiad_dsl.train.recipes.recipe import load_recipe, recipe_names
from mgiad_dsl.train.run.listeners import Quiet
from tests.train.nets import Plain, SmallCycle


def loader(n: int = 96, batch: int = 32, channels: int = 1) -> DataLoader:
    """Images whose class is where they are bright."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 2, (n,), generator=generator)
    images = 0.1 * torch.randn(n, channels, 8, 8, generator=generator)
    images[labels == 1] += 1
    return DataLoader(TensorDataset(images, labels), batch_size=batch, shuffle=True)


def test_any_module_and_any_loader() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    result = fit(model, loader(), Recipe(epochs=5, lr=0.1), test=loader(), device="cpu")
    assert result.model is model
    assert result.scores.accuracy == 1
    assert [record.epoch for record in result.records] == [1, 2, 3, 4, 5]
    assert [record.step for record in result.records] == [3, 6, 9, 12, 15]
    scores = evaluate(model, loader())
    assert scores.accuracy == result.scores.accuracy
    assert scores.confusion.sum() == 96
    assert scores.class_accuracy == [1, 1]


def test_unused_weights_are_left_as_they_were() -> None:
    model = Plain(classes=2)
    fit(model, loader(), Recipe(epochs=1, weight_decay=0.1), device="cpu")
    assert torch.equal(model.unused, torch.ones(3))
    assert model.unused.requires_grad  # afterwards


def test_parts_of_a_batch_give_the_gradients_of_the_whole() -> None:
    weights = []
    for batch, parts in ((32, 1), (8, 4)):
        torch.manual_seed(0)
        model = Plain(classes=2).double()
        data = loader(batch=batch).dataset
        doubled = TensorDataset(data.tensors[0].double(), data.tensors[1])
        feed = DataLoader(doubled, batch_size=batch)
        fit(model, feed, Recipe(epochs=2, accumulate=parts, clip=0.5), device="cpu")
        weights.append(model.state_dict())
    for name, value in weights[0].items():
        torch.testing.assert_close(value, weights[1][name], rtol=1e-10, atol=1e-12)


def test_the_average_follows_and_is_what_counts() -> None:
    model = SmallCycle(classes=2)
    result = fit(model, loader(), Recipe(epochs=2, ema=0.5), test=loader(), device="cpu")
    assert result.model is not model
    assert not torch.equal(result.model.W.weight, model.W.weight)
    assert evaluate(result.model, loader()).loss == pytest.approx(result.scores.loss)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_precision_and_memory_format(precision) -> None:
    model = SmallCycle(channels=8, classes=2)
    recipe = Recipe(epochs=1, precision=precision, channels_last=True, clip=1)
    fit(model, loader(), recipe, device="cpu")
    assert model.theta.weight.is_contiguous(memory_format=torch.channels_last)
    assert model.theta.weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("said", "kind", "precision", "last"),
    [
        (False, "cpu", "fp32", False), (True, "cuda", "fp32", True), ("auto", "cpu", "fp32", True),
        ("auto", "cuda", "fp32", False), ("auto", "cuda", "bf16", True),
    ],
)  # fmt: skip
def test_where_channels_come_last(said, kind, precision, last) -> None:
    recipe = Recipe(channels_last=said, precision=precision)
    found = memory_format(recipe, torch.device(kind))
    assert found is (torch.channels_last if last else torch.contiguous_format)


@pytest.mark.parametrize("name", recipe_names())
def test_recipes_of_the_package_train_with_channels_last_on_a_cpu(name) -> None:
    """But for solvers, which are no faster."""
    layout = memory_format(load_recipe(name), torch.device("cpu"))
    assert (layout is torch.channels_last) == (name != "poisson")
    assert memory_format(Recipe(), torch.device("cpu")) is torch.contiguous_format


@pytest.mark.parametrize("channels_last", [False, True, "auto"])
def test_mixed_batches_reach_the_model_on_the_device_as_the_recipe_says(channels_last) -> None:
    seen = []

    class Watching(Plain):
        def forward(self, image):
            if self.training and len(image) == 32:
                seen.append(image)
            return super().forward(image)

    layout = torch.channels_last if channels_last else torch.contiguous_format
    recipe = Recipe(epochs=2, mixup=1, cutmix=1, channels_last=channels_last, lr=0.3)
    torch.manual_seed(0)
    result = fit(Watching(3, classes=2), loader(channels=3), recipe, test=loader(channels=3))
    assert all(image.is_contiguous(memory_format=layout) for image in seen)
    own = loader(channels=3).dataset.tensors[0]
    kept = [(image[:, None] == own).flatten(2).all(dim=2).any(dim=1) for image in seen]
    assert sum(each.sum().item() for each in kept) < 0.2 * 192  # almost no image is as it was
    assert 0.5 < result.records[-1].train_accuracy <= 1
    assert result.scores.accuracy > 0.9


def test_only_classes_of_images_can_be_mixed() -> None:
    model = nn.Conv2d(1, 2, 1)
    with pytest.raises(SpecError, match="mixup and cutmix mix images of classes"):
        fit(model, loader(), Recipe(mixup=0.2), device="cpu")
    assert model.training


@pytest.mark.parametrize("ema", [None, 0.5])
def test_the_weights_of_the_best_epoch_are_kept(ema) -> None:
    torch.manual_seed(1)
    images, labels = torch.randn(64, 1, 8, 8), torch.randint(0, 2, (64,))
    test = DataLoader(TensorDataset(images, labels), batch_size=32)  # there is nothing to learn
    recipe = Recipe(epochs=8, lr=0.5, schedule="constant", keep="best", ema=ema, eval_every=2)
    result = fit(Plain(classes=2), loader(), recipe, test=test, device="cpu")
    accuracies = {r.epoch: r.test_accuracy for r in result.records if r.epoch % 2 == 0}
    best = max(accuracies.values())
    assert result.kept.value == best
    assert result.kept.epoch == min(epoch for epoch, each in accuracies.items() if each == best)
    assert result.kept.epoch < 8
    again = Plain(classes=2)
    again.load_state_dict(result.kept.weights)
    assert evaluate(again, test).accuracy == best
    assert not torch.equal(again.W.weight, result.model.W.weight)


def test_there_is_no_best_epoch_without_held_out_data() -> None:
    with pytest.raises(SpecError, match="keep=best needs held-out data"):
        fit(Plain(classes=2), loader(), Recipe(epochs=1, keep="best"), device="cpu")
    result = fit(Plain(classes=2), loader(), Recipe(epochs=1), test=loader(), device="cpu")
    assert result.kept is None


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path) -> None:
    feed = loader()
    feed.dataset.tensors[0][0] = float("inf")
    recipe = Recipe(epochs=2, lr=0.2, schedule="constant")
    with pytest.raises(SpecError, match=r"not finite at step \d+ \(epoch 1\)") as error:
        fit(Plain(classes=2), feed, recipe, device="cpu", folder=tmp_path)
    assert "learning rate 0.2; there is no checkpoint yet" in error.value.message
    assert "--with lr=0.1 clip=1" in error.value.hint
    assert not list(tmp_path.glob("*.pt"))


@pytest.mark.parametrize("steps", [2, 3])  # the last step of the epoch, too
def test_weights_that_are_not_finite_are_never_saved(tmp_path, steps) -> None:
    class Breaking(Plain):
        calls = 0

        def forward(self, image):
            if self.training and len(image) == 32:
                self.calls += 1
            if self.training and self.calls == steps:
                self.W.weight.register_hook(lambda gradient: gradient * float("nan"))
            return super().forward(image)

    arguments = {"device": "cpu", "folder": tmp_path, "save_every": 0, "test": loader()}
    with pytest.raises(SpecError, match=f"weights are not finite at step {steps - 1}") as error:
        fit(Breaking(classes=2), loader(), Recipe(epochs=1), **arguments)
    good = f"step-{steps - 1:08d}.pt"
    assert error.value.message.endswith(f"the last good checkpoint is {tmp_path / good}")
    assert sorted(path.name for path in tmp_path.glob("*.pt"))[-1] == good


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_out_of_memory_says_which_batch_to_try(error) -> None:
    class Greedy(Plain):
        def forward(self, image):
            if self.training and len(image) == 32:
                raise error
            return super().forward(image)

    with pytest.raises(SpecError, match="out of memory with batch 128") as explained:
        fit(Greedy(classes=2), loader(), Recipe(), device="cpu")
    assert "--with batch=64" in explained.value.hint
    assert "--with accumulate=2" in explained.value.hint
    assert "cuda_graph" not in explained.value.hint


@pytest.mark.parametrize(("used", "graph"), [(False, True), (True, False), (True, True)])
def test_out_of_memory_names_what_a_cuda_graph_keeps(used, graph, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: used)
    with pytest.raises(SpecError) as explained, training_explained(Recipe(cuda_graph=graph)):
        raise torch.OutOfMemoryError
    assert ("--with cuda_graph=false" in explained.value.hint) == (used and graph)


class Viewing(Plain):
    """Takes a view of all points of an image."""

    def forward(self, image):
        made = self.conv(image).view(len(image), -1)
        return self.W(made.unflatten(1, (8, -1)).mean(dim=2))


def test_a_view_that_channels_last_does_not_bear() -> None:
    fit(Viewing(3, classes=2), loader(channels=3), Recipe(epochs=1), device="cpu")
    for channels_last in (True, "auto"):
        recipe = Recipe(epochs=1, channels_last=channels_last)
        with pytest.raises(SpecError, match="`view` in the module") as caught:
            fit(Viewing(3, classes=2), loader(channels=3), recipe, device="cpu")
        assert "--with channels_last=false" in caught.value.hint


def test_metrics_are_one_json_object_per_epoch(tmp_path) -> None:
    fit(Plain(classes=2), loader(), Recipe(epochs=2), test=loader(), device="cpu", folder=tmp_path)
    records = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in records] == [1, 2]
    assert {"step", "lr", "train_loss", "train_accuracy", "test_accuracy"} <= set(records[0])


def test_no_device() -> None:
    with pytest.raises(SpecError, match="no device 'cuda:99'"):
        fit(Plain(), loader(), device="cuda:99")


def test_a_gpu_without_number_is_this_processs(monkeypatch) -> None:
    chosen = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch, "empty", lambda *size, device: None)
    assert choose_device("cuda", 3) == torch.device("cuda", 3)
    assert choose_device("cuda:1", 3) == torch.device("cuda", 1)
    assert chosen == [torch.device("cuda", 3), torch.device("cuda", 1)]


@pytest.mark.parametrize("tf32", [False, True])
def test_tf32_is_as_the_recipe_says_and_put_back(tf32) -> None:
    seen = []

    class Noting(Plain):
        def forward(self, image):
            cudnn = torch.backends.cudnn
            seen.append((cudnn.allow_tf32, torch.get_float32_matmul_precision()))
            return super().forward(image)

    before = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
    fit(Noting(classes=2), loader(), Recipe(epochs=1, tf32=tf32), device="cpu")
    assert set(seen) == {(tf32, "high" if tf32 else "highest")}
    assert before == (torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision())


class Hearing(Quiet):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize(("warmup", "notes"), [(1.5, 0), (2, 1), (3, 1)])
def test_training_that_is_warm_up_only_is_noted(warmup, notes) -> None:
    listener = Hearing()
    recipe = Recipe(epochs=2, warmup=warmup)
    fit(
        nn.Sequential(nn.Flatten(), nn.Linear(64, 2)),
        loader(),
        recipe,
        device="cpu",
        listener=listener,
    )
    assert [text for text in listener.said if "warmup" in text] == listener.said
    assert len(listener.said) == notes
    if notes:
        assert f"warmup={warmup} of 2 epochs" in listener.said[0]
        assert listener.said[0].endswith("--with warmup=0.2")


class Unpooled(nn.Module):
    """A network with an operation that PyTorch has no deterministic form of."""

    def __init__(self) -> None:
        super().__init__()
        self.W = nn.Linear(64, 2)

    def forward(self, image):
        halves, places = F.max_pool2d(image, 2, return_indices=True)
        return self.W(F.max_unpool2d(halves, places, 2).flatten(1))


def test_an_operation_that_is_not_deterministic_is_named() -> None:
    with pytest.raises(SpecError, match=r"PyTorch's max_unpool.* gives other bits") as error:
        fit(Unpooled(), loader(), Recipe(epochs=1), device="cpu", deterministic=True)
    assert not torch.are_deterministic_algorithms_enabled()
    assert "without --deterministic" in error.value.hint


def test_weights_that_only_training_uses_are_trained() -> None:
    class Helped(Plain):
        def __init__(self) -> None:
            super().__init__(classes=2)
            self.helper = nn.Linear(8, 2)

        def forward(self, image):
            features = F.relu(self.conv(image)).mean(dim=(2, 3))
            return self.W(features) + (self.helper(features) if self.training else 0)

    model = Helped()
    before = model.helper.weight.detach().clone()
    fit(model, loader(), Recipe(epochs=1), device="cpu")
    assert not torch.equal(model.helper.weight, before)


def test_buffers_may_hold_anything(tmp_path) -> None:
    """A mask is infinite on purpose, a buffer may be empty."""
    model = Plain(classes=2)
    model.register_buffer("mask", torch.tensor(float("-inf")))
    model.register_buffer("nothing", torch.zeros(0))
    fit(model, loader(), Recipe(epochs=1, ema=0.9), device="cpu", folder=tmp_path)
    assert list(tmp_path.glob("*.pt"))


def test_fewer_batches_than_promised() -> None:
    class Promising(DataLoader):
        def __len__(self) -> int:
            return 5

    with pytest.raises(SpecError, match="epoch 1 ended after 3 of 5 steps"):
        fit(Plain(classes=2), Promising(loader().dataset, 32), Recipe(epochs=1), device="cpu")


def test_warnings_instead_of_errors_stay_so() -> None:
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with pytest.warns(UserWarning, match="deterministic"):
            fit(Unpooled(), loader(), Recipe(epochs=1), device="cpu")
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
