"""Signals and volumes are trained as images are, but for what only images have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import mgiad_dsl
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli import main
from mgiad_dsl.train import Recipe, evaluate, fit
from mgiad_dsl.train.data.augment import normalise
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.run.folder import load_network, read_run

SIGNALS = ["mgnet1d", "--set", "width=1/16", "size=4096", "classes=3"]
VOLUMES = ["mgnet3d", "--set", "width=1/16", "depth=8", "size=16", "classes=3"]
QUICK = ["--device", "cpu", "--workers", "0"]


def trained(network: list[str], data: str, out: Path, *changes: str) -> None:
    command = ["train", *network, "--data", data, "--out", str(out), *QUICK]
    assert main([*command, "--recipe", "trial", "--with", "epochs=1", *changes]) == 0


@pytest.mark.parametrize(
    ("network", "data", "shape"),
    [
        (SIGNALS, "fake:1x4096:3:64", (1, 4096)),
        (VOLUMES, "fake:1x8x16x16:3:64", (1, 8, 16, 16)),
        (VOLUMES, "fake", (1, 8, 16, 16)),
    ],
)
def test_one_epoch_end_to_end(network, data: str, shape: tuple[int, ...], tmp_path, capsys) -> None:
    """Trained, and evaluated; the layout of images is not asked of others, nor is robustness."""
    run = tmp_path / "run"
    trained(network, data, run, "channels_last=true")
    record, _ = read_run(run)
    assert record.task == "classes"
    assert list(record.inputs.values()) == [shape]
    assert load_network(run)(torch.zeros(2, *shape)).shape == (2, 3)
    metrics = json.loads((run / "metrics.jsonl").read_text())
    assert main(["eval", str(run), *QUICK]) == 0
    found = json.loads((run / "eval.json").read_text())
    assert found["loss"] == pytest.approx(metrics["test_loss"], rel=1e-4)
    assert found["corrupted"] == found["attacked"] == {}
    assert "corruptions and attacks are for data sets of images" in (run / "eval.md").read_text()
    assert main(["eval", str(run), *QUICK, "--robustness-images", "0"]) == 0
    assert main(["eval", str(run), *QUICK, "--robustness-images", "5"]) == 1
    assert (
        "--robustness-images 5: corruptions and attacks are for images" in capsys.readouterr().err
    )


@pytest.mark.parametrize("network", [SIGNALS, VOLUMES])
@pytest.mark.parametrize("where", ["device", "workers"])
def test_what_only_images_have_is_refused(network, where: str, tmp_path, capsys) -> None:
    command = ["train", *network, "--data", "fake", "--out", str(tmp_path / "run"), *QUICK]
    for change, said in {
        "crop=2": "recipe trial has crop, for small images of one size; signals and volumes",
        "flip=true": "recipe trial has flip, for small images",
        "cutout=2": "recipe trial has cutout, for small images",
        "autoaugment=true": "recipe trial has autoaugment, for small images",
        "mixup=0.2": "recipe trial has mixup, for small images",
        "cutmix=1": "recipe trial has cutmix, for small images",
    }.items():
        assert main([*command, "--with", f"augment_on={where}", change]) == 1
        assert said in capsys.readouterr().err


def test_data_of_other_dimensions_or_sizes_are_refused(tmp_path, capsys) -> None:
    for words, said in {
        (*SIGNALS, "--data", "digits"): "digits has images, mgnet1d",
        (*VOLUMES, "--data", "fake:1x16:3"): "fake:1x16:3:256 has signals, mgnet3d",
        (*SIGNALS, "--data", "fake:2x64:5"): "--set in_channels=2 size=64 classes=5",
        (*VOLUMES, "--data", "fake:1x4x8x8:3"): "--set depth=4 size=8",
        (*VOLUMES, "--data", "fake:1x4x16x16:3"): "has 1x4x16x16 volumes in 3 classes",
        ("mgnet", "--data", "fake:1x4x16x16:3"): "has volumes, mgnet takes image 3x32x32",
    }.items():
        assert main(["train", *words, "--out", str(tmp_path / "run"), *QUICK]) == 1
        assert said in capsys.readouterr().err
    for wrong in ("fake:64:3", "fake:1x2x3x4x5:3"):
        with pytest.raises(SpecError, match="not of the form fake"):
            fake(wrong)


def test_normalising_is_by_channel() -> None:
    mean, std = torch.tensor([0.5, 0.25]), torch.tensor([0.1, 0.2])
    for rank in (1, 2, 3):
        pixels = torch.full((4, 2, *[3] * rank), 255, dtype=torch.uint8)
        found = normalise(pixels, mean, std)
        assert found.shape == pixels.shape
        assert torch.allclose(found[:, 0], torch.tensor(5.0))
        assert torch.allclose(found[:, 1], torch.tensor(3.75))


@pytest.mark.parametrize("shape", [(1, 64), (1, 4, 8, 8)])
def test_a_difference_is_learned(shape: tuple[int, ...]) -> None:
    """From Python: signals and volumes whose classes differ in their sign."""
    settings = {"size": shape[-1], "classes": 2, "width": "1/16", "L": 2}
    settings |= {"depth": shape[1]} if len(shape) == 4 else {}
    torch.manual_seed(0)
    network = mgiad_dsl.compile("mgnet1d" if len(shape) == 2 else "mgnet3d", **settings)
    labels = torch.arange(64) % 2
    samples = torch.randn(64, *shape) + (2.0 * labels - 1).view(-1, *[1] * len(shape))
    loader = DataLoader(TensorDataset(samples, labels), batch_size=16, shuffle=True)
    fit(network, loader, Recipe(epochs=4, batch=16, lr=0.05), device="cpu")
    assert evaluate(network, loader).accuracy > 0.95
    with pytest.raises(SpecError, match="mixup and cutmix mix images"):
        fit(network, loader, Recipe(epochs=1, batch=16, mixup=0.2), device="cpu")
