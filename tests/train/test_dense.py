"""Training and evaluation from the command line of all that is no classification."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from mgiad_dsl.cli import main
from mgiad_dsl.cli.training import slug
from mgiad_dsl.train import Recipe, evaluate, fit
from mgiad_dsl.train.equations.diffusion import Diffusion
from mgiad_dsl.train.run.folder import read_run
from mgiad_dsl.train.tasks.solver import Solver
from tests.train.dense import flow, write_pairs, write_pets

QUICK = ["--device", "cpu", "--workers", "0"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("mgiad_dsl.train.data.cache.cache_file", lambda name: str(tmp_path / name))
    monkeypatch.setenv("MGIAD_DATA", str(tmp_path / "data"))


def trained(spec: str, data: str, out: Path, *words: str) -> Path:
    command = ["train", spec, "--data", data, "--out", str(out), *QUICK]
    assert main([*command, *words]) == 0
    return out


def evaluated(run: Path, *words: str, name: str = "eval") -> dict:
    assert main(["eval", str(run), *QUICK, *words]) == 0
    return json.loads((run / f"{name}.json").read_text())


def last(run: Path) -> dict:
    return json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])


def refused(capsys, *words: str) -> str:
    """What an error says and hints."""
    assert main([*words, *QUICK]) == 1
    return capsys.readouterr().err


def test_pets_are_segmented_by_unet_mg(tmp_path, capsys) -> None:
    """In sizes of a test; the classes are set by themselves."""
    write_pets(tmp_path / "data")
    small = ["--set", "base=4", "L=2", "size=16", "--with", "epochs=2", "batch=2", "warmup=0"]
    run = trained("unet_mg", "pets", tmp_path / "run", *small)
    said = capsys.readouterr().out
    assert "compiled for the data: classes=3" in said
    assert "recipe segmentation" in said
    assert re.search(r"pixel accuracy [\d.]+ %  held out mean IoU [\d.]+ %", said)
    record, _ = read_run(run)
    assert (record.task, record.output) == ("pixels", (3, 16, 16))
    assert {"train_pixel_accuracy", "test_mean_iou", "test_pixel_accuracy"} <= set(last(run))
    report = (run / "report.md").read_text()
    assert "| held-out mean IoU |" in report
    assert "| held-out pixel accuracy |" in report
    found = evaluated(run)
    assert found["mean_iou"] == pytest.approx(last(run)["test_mean_iou"], abs=0.02)
    assert [row["class"] for row in found["classes"]] == ["animal", "background", "border"]
    assert sum(row["pixels"] for row in found["classes"]) == 4 * 16 * 16
    assert found["images"] == 4
    text = (run / "eval.md").read_text()
    assert "| class | IoU | pixels |" in text
    assert "eval-answers.png" in text
    assert (run / "eval-answers.png").read_bytes()[:4] == b"\x89PNG"
    assert (run / "eval-confusion.csv").exists()
    write_pairs(tmp_path / "own")
    data = f"maskfolder:{tmp_path / 'own'}"
    assert evaluated(run, "--data", data, name=f"eval-{slug(data)}")["images"] == 4
    capsys.readouterr()
    assert "pets has none" in refused(capsys, "eval", str(run), "--robustness-images", "4")


@pytest.mark.parametrize("with_rhs", [True, False], ids=["both", "coefficient"])
def test_darcy_flow_is_a_field(with_rhs, tmp_path, capsys) -> None:
    spec = flow(tmp_path / "flow.mgspec", with_rhs)
    words = ["--with", "epochs=20", "batch=8", "lr=0.01"]
    run = trained(str(spec), "darcy:11,n=64", tmp_path / "run", *words)
    said = capsys.readouterr().out
    assert "compiled for the data: size=11" in said
    assert "held out relative L2 error" not in said  # the same figure, named once
    assert "relative L2 error" in said
    record, _ = read_run(run)
    assert record.task == "fields"
    assert list(record.inputs) == (["coefficient", "rhs"] if with_rhs else ["coefficient"])
    records = (run / "metrics.jsonl").read_text().splitlines()
    assert last(run)["train_relative_l2"] < json.loads(records[0])["train_relative_l2"]
    assert last(run)["test_relative_l2"] < 0.9  # of zeros it is 1
    assert "| held-out relative H1 error |" in (run / "report.md").read_text()
    found = evaluated(run)
    assert found["relative_l2"] == pytest.approx(last(run)["test_relative_l2"], rel=1e-4)
    assert found["samples"] == 12
    assert (run / "eval-answers.png").exists()
    finer = evaluated(run, "--data", "darcy:15,n=10", name=f"eval-{slug('darcy:15,n=10')}")
    assert finer["samples"] == 2  # compiled again for the other grid


@pytest.mark.parametrize(
    ("network", "data", "task"),
    [
        (["unet_mg", "--set", "base=4", "L=2", "size=16"], "fake", "pixels"),
        (["unet_mg", "--set", "base=4", "L=2", "classes=5"], "fake:3x16x16:5:64", "pixels"),
        (["darcy", "--set", "width=4", "L=2"], "fake:1x16x16", "fields"),
        (["mgno", "--set", "width=4", "T=1", "L=2", "size=16"], "fake", "fields"),
    ],
)
def test_fake_fields(network, data, task, tmp_path) -> None:
    """Whatever the output is, trained and evaluated."""
    run = trained(network[0], data, tmp_path / "run", *network[1:], "--recipe", "trial")
    assert read_run(run)[0].task == task
    samples = evaluated(run)["samples" if task == "fields" else "images"]
    assert samples == (12 if data.endswith(":64") else 51)


def test_h1_is_an_option(tmp_path) -> None:
    spec = flow(tmp_path / "flow.mgspec")
    run = trained(str(spec), "darcy:7,n=20", tmp_path / "run", "--with", "epochs=1", "loss=h1")
    assert last(run)["test_loss"] == pytest.approx(last(run)["test_relative_h1"])
    assert last(run)["test_loss"] != pytest.approx(last(run)["test_relative_l2"])


def test_a_solver_learns_and_is_tried_on_other_grids(tmp_path, capsys) -> None:
    words = ["--with", "epochs=1", "batch=4", "cycles=4", "lr=0.003", "clip=1"]
    run = trained("poisson_learned", "poisson:15,n=120", tmp_path / "run", *words)
    said = capsys.readouterr().out
    assert "no effect" not in said
    assert "compiled for the data: L=4" in said
    assert re.search(r"held-out factor per cycle 0\.\d{4}", said)
    assert read_run(run)[0].task == "solver"
    assert last(run)["test_factor"] < 0.12  # the classical one is 0.22
    report = (run / "report.md").read_text()
    rows = re.findall(r"\| (\d+x\d+)( \(trained on\))? \| ([\d.]+) \| ([\d.]+) \|", report)
    assert [(row[0], bool(row[1])) for row in rows] == [
        ("15x15", True),
        ("31x31", False),
        ("63x63", False),
        ("127x127", False),
    ]
    assert all(0.2 < float(row[3]) < 0.26 for row in rows)
    found = evaluated(run)
    assert found["factor"] == pytest.approx(last(run)["test_factor"], rel=1e-3)
    assert [f"{grid['factor']:.4f}" for grid in found["grids"]] == [row[2] for row in rows]
    found = evaluated(run, "--data", "poisson:63,n=10", name=f"eval-{slug('poisson:63,n=10')}")
    assert found["grids"][0]["points"] == [63, 63]


def test_a_killed_solver_goes_on(tmp_path, capsys) -> None:
    """The same bits, although the folder was left in the middle."""
    words = ["--with", "epochs=2", "batch=10", "cycles=2"]
    whole = trained("poisson_learned", "poisson:7,n=30", tmp_path / "whole", *words)
    again = trained("poisson_learned", "poisson:7,n=30", tmp_path / "again", *words)
    sorted(again.glob("step-*.pt"))[-1].unlink()
    (again / "weights.safetensors").unlink()
    assert main([*train_words(tmp_path / "again"), *words, "--resume"]) == 0
    assert (again / "weights.safetensors").read_bytes() == (
        whole / "weights.safetensors"
    ).read_bytes()
    assert last(again)["test_factor"] == last(whole)["test_factor"]


def train_words(out: Path) -> list[str]:
    return ["train", "poisson_learned", "--data", "poisson:7,n=30", "--out", str(out), *QUICK]


def test_seeds_of_a_solver_stand_side_by_side(tmp_path) -> None:
    words = ["--seeds", "0,1", "--with", "epochs=1", "batch=10", "cycles=1"]
    run = trained("poisson_learned", "poisson:7,n=20", tmp_path / "run", *words)
    report = (run / "report.md").read_text()
    assert re.search(r"\| held-out factor per cycle \| 0\.\d{4} ± 0\.\d{4} \(2 seeds\) \|", report)
    assert re.search(r"\| 15x15 \| 0\.\d{4}, 0\.\d{4} \| 0\.\d{4} \|", report)


def test_darcy_as_a_solver(tmp_path) -> None:
    spec = flow(tmp_path / "flow.mgspec")
    words = ["--with", "epochs=1", "loss=residual", "batch=10"]
    run = trained(str(spec), "darcy:15,n=20", tmp_path / "run", *words)
    assert read_run(run)[0].task == "solver"
    report = (run / "report.md").read_text()
    classical = re.findall(r"\| \d+x\d+.* \| [\d.]+ \| ([\d.]+) \|", report)
    assert len(classical) == 4
    assert all(0.2 < float(factor) < 0.5 for factor in classical)


def test_poisson_as_a_field(tmp_path, capsys) -> None:
    """What the recipe says of solvers and of classes has no effect, and that is said."""
    words = ["--with", "epochs=1", "loss=l2", "batch=10", "label_smoothing=0.1"]
    run = trained("poisson_learned", "poisson:15,n=20", tmp_path / "run", *words)
    said = capsys.readouterr().out
    assert "note: no effect on the task fields: label_smoothing, cycles" in said
    assert read_run(run)[0].task == "fields"
    assert last(run)["test_relative_l2"] < 0.5


def test_own_tensors(tmp_path) -> None:
    """Inputs by name, in whatever order the spec has them."""
    spec, tensors = flow(tmp_path / "flow.mgspec"), {}
    for part, n in (("train", 20), ("test", 5)):
        a, rhs = torch.rand(n, 1, 9, 9) + 1, torch.randn(n, 1, 9, 9)
        tensors |= {f"{part}.rhs": rhs, f"{part}.coefficient": a, f"{part}.target": a * rhs}
    save_file(tensors, tmp_path / "own.safetensors")
    data = f"tensors:{tmp_path}/own.safetensors"
    run = trained(str(spec), data, tmp_path / "run", "--with", "epochs=1", "batch=5")
    assert read_run(run)[0].task == "fields"
    assert evaluated(run)["samples"] == 5


def test_own_tensors_of_classes(tmp_path, capsys) -> None:
    """Evaluated as classes are, but for what only images have."""
    tensors = {}
    for part, n in (("train", 64), ("test", 16)):
        values = torch.randn(n, 1, 8, 8)
        tensors |= {f"{part}.x": values, f"{part}.target": torch.arange(n) % 2}
    save_file(tensors, tmp_path / "own.safetensors")
    words = ["--set", "classes=2", "width=1/4", "--recipe", "trial"]
    run = trained("digits", f"tensors:{tmp_path}/own.safetensors", tmp_path / "run", *words)
    assert sum(row["images"] for row in evaluated(run)["classes"]) == 16
    assert "No robustness" in (run / "eval.md").read_text()
    assert "has none" in refused(capsys, "eval", str(run), "--robustness-images", "4")


def test_what_does_not_go_together(tmp_path, capsys) -> None:
    write_pets(tmp_path / "data")
    spec = str(flow(tmp_path / "flow.mgspec"))
    alone = str(flow(tmp_path / "alone.mgspec", with_rhs=False))
    out = ["--out", str(tmp_path / "run")]

    def said(*words: str) -> str:
        return refused(capsys, "train", *words, *out)

    assert "pets has a class for every pixel, 3 of them" in said("digits", "--data", "pets")
    assert "digits has a class for each image" in said("unet_mg", "--data", "digits")
    text = said(spec, "--data", "digits")
    assert "digits has images, flow takes coefficient 1x15x15 and rhs 1x15x15" in text
    text = said("digits", "--data", "digits", "--with", "loss=l2")
    assert "loss l2 is for fields, digits has classes" in text
    assert "--with loss=auto" in text
    text = said("poisson_learned", "--set", "L=6", "--data", "poisson:31,n=4")
    assert "poisson:31,n=4 has 1x31x31 as input and wants 1x31x31" in text
    assert "poisson_learned L=6 takes 1x63x63" in text
    text = said("poisson_learned", "--data", "poisson:30,n=4")
    assert "no parameter alone makes it fit" in text
    text = said(alone, "--data", "darcy:15,n=4", "--with", "loss=residual")
    assert "takes only coefficient of darcy:15,n=4" in text
    text = said(spec, "--data", "poisson:15,n=4")
    assert "poisson:15,n=4 has the inputs rhs, flow takes coefficient, rhs" in text
    names = [f"{part}.{name}" for part in ("train", "test") for name in ("coefficient", "target")]
    save_file({name: torch.rand(2, 1, 15, 15) for name in names}, tmp_path / "f")
    text = said(alone, "--data", f"tensors:{tmp_path / 'f'}", "--with", "loss=residual")
    assert "loss residual needs an equation" in text
    assert "cannot be trained" in said("poisson", "--data", "poisson:31,n=4")
    assert not (tmp_path / "run").exists()


class Both(nn.Module):
    """A field from two."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(2))

    def forward(self, a, b):
        return self.weights[0] * a + self.weights[1] * b


def test_several_inputs_from_python() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(2, 64, 1, 6, 6)
    samples = [((x, y), 2 * x - y) for x, y in zip(a, b, strict=True)]
    loader = DataLoader(samples, batch_size=16, shuffle=True)
    recipe = Recipe(epochs=30, lr=0.05, weight_decay=0)
    result = fit(Both(), loader, recipe, test=loader, device="cpu")
    assert result.scores.relative_l2 < 0.05
    torch.testing.assert_close(
        result.model.weights.detach(), torch.tensor([2.0, -1.0]), atol=0.1, rtol=0
    )
    assert result.records[-1].test_relative_l2 == pytest.approx(result.scores.relative_l2)
    assert evaluate(result.model, loader).relative_l2 == pytest.approx(result.scores.relative_l2)


def test_a_solver_from_python() -> None:
    """Richardson's iteration finds its best step: its factor is less than one."""

    class Step(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.omega = nn.Parameter(torch.tensor(0.01))

        def forward(self, rhs):
            return self.omega * rhs

    rhs = torch.randn(32, 1, 7)
    loader = DataLoader(TensorDataset(rhs, rhs), batch_size=8)
    task = Solver(Diffusion(), cycles=4)
    result = fit(Step(), loader, Recipe(epochs=10, lr=0.02), test=loader, task=task, device="cpu")
    assert float(result.model.omega.detach()) > 0.3
    assert result.scores.factor < 0.98


def test_pixels_from_python() -> None:
    images = torch.rand(32, 1, 8, 8)
    labels = (images[:, 0] > 0.5).long()
    labels[:, 0] = 255
    loader = DataLoader(TensorDataset(images, labels), batch_size=8)
    model = nn.Conv2d(1, 2, 1)
    result = fit(model, loader, Recipe(epochs=20, lr=0.5), test=loader, device="cpu")
    assert result.scores.mean_iou > 0.8
    assert len(result.scores.class_iou) == 2


def test_runs_from_before_there_were_tasks(tmp_path) -> None:
    """Evaluated as the classifiers that they are."""
    run = trained("digits", "digits", tmp_path / "run", "--with", "epochs=1")
    fields = json.loads((run / "run.json").read_text())
    del fields["task"]
    fields["input_shape"], fields["outputs"] = (
        fields.pop("inputs")["image"],
        fields.pop("output")[0],
    )
    (run / "run.json").write_text(json.dumps(fields))
    assert evaluated(run, "--robustness-images", "0")["accuracy"] > 0.1


def test_a_solver_needs_its_spec_for_other_grids(tmp_path) -> None:
    words = ["--with", "epochs=1", "batch=10", "cycles=1"]
    run = trained("poisson_learned", "poisson:7,n=20", tmp_path / "run", *words)
    (run / "spec.mgspec").unlink()
    grids = evaluated(run)["grids"]
    assert grids[0]["factor"] is not None
    assert [grid["factor"] for grid in grids[1:]] == [None] * 3
