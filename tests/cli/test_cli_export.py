"""``mgiad compile`` with ``--inference``, ``--weights`` and ``--export``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from mgiad_dsl import compile_file
from mgiad_dsl.cli import main
from mgiad_dsl.runtime import load, new_weights
from mgiad_dsl.train.run.folder import load_network
from tests.cli.test_cli import ROOT, blocked

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

IMAGES = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
FOLDED = (
    "note: digits: folded 4 of 24 batch norms; not folded: 10 whose operator B has other uses; "
    "9 whose input is a difference; 1 whose input is an activation\n"
)
NEW = "note: the weights are new ones (seed 0); --weights RUN exports trained ones\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short training of ``digits``."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    data = ["--data", "fake:1x8x8:10:256", "--with", "epochs=2", "batch=64"]
    assert main(["train", "digits", *data, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def logits(network: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return network.eval()(IMAGES)


def close(made: torch.Tensor, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(made, wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


def test_the_source_for_inference_needs_no_torch() -> None:
    made = blocked("compile", "digits", "--inference")
    assert (made.returncode, made.stderr) == (0, FOLDED)
    assert made.stdout == compile_file("digits").for_inference().python


@pytest.mark.parametrize(
    ("name", "level", "note"),
    [
        ("resnet18", 1, "folded 20 of 20 batch norms"),
        ("poisson_learned", 1, "no batch norm to fold"),
        ("mgnet:A", 0, "folded 9 of 17 batch norms; not folded: 8 whose input is a difference"),
        (
            "mgnet:A",
            1,
            "folded 9 of 17 batch norms; not folded: 7 whose input is a difference; "
            "1 whose input is an activation",
        ),
    ],
)
def test_what_was_folded_is_said(name: str, level: int, note: str, capsys) -> None:
    assert main(["compile", name, "--inference", f"-O{level}"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == f"note: {name}: {note}"


def test_stages_and_statistics_are_those_for_inference(capsys) -> None:
    assert main(["compile", "resnet18", "--inference", "--emit", "graph"]) == 0
    assert "BatchNorm" not in capsys.readouterr().out
    assert main(["compile", "resnet18", "--inference", "--stats"]) == 0
    table = capsys.readouterr().out
    assert table.startswith("resnet18 at -O1, for inference\n")
    assert "a (W x) + b = (a W) x + b" in table


@pytest.mark.parametrize("level", ["-O0", "-O1", "-O2"])
@pytest.mark.parametrize("file", ["", "weights.safetensors"])
def test_trained_weights_for_inference(
    level: str, file: str, run: Path, here: Path, capsys
) -> None:
    arguments = ["--inference", level, "--weights", str(run / file), "-o", "net.py"]
    assert main(["compile", "digits", *arguments]) == 0
    assert capsys.readouterr().err.endswith("\nwrote net.safetensors\nwrote net.py\n")
    network = load((here / "net.py").read_text())
    network.load_state_dict(load_file("net.safetensors"), strict=True)
    close(logits(network), logits(load_network(run)))
    assert sorted(path.name for path in here.iterdir()) == ["net.py", "net.safetensors"]


@pytest.mark.parametrize("options", [[], ["--inference", "-O2"]])
def test_trained_networks_are_exported(options: list[str], run: Path, here: Path, capsys) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    wanted = logits(load_network(run))
    compile_ = ["compile", "digits", *options, "--weights", str(run)]
    assert main([*compile_, "--export", "pt2", "-o", "net.pt2"]) == 0
    assert main([*compile_, "--export", "onnx", "-o", "net.onnx"]) == 0
    assert NEW not in capsys.readouterr().err
    close(torch.export.load("net.pt2").module()(IMAGES), wanted)
    session = runtime.InferenceSession("net.onnx")
    close(torch.from_numpy(session.run(["logits"], {"image": IMAGES.numpy()})[0]), wanted)
    assert sorted(path.name for path in here.iterdir()) == ["net.onnx", "net.pt2"]


def test_networks_without_training_are_exported_with_a_note(tmp_path: Path) -> None:
    """In a process of its own, where exporters could print."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    target = tmp_path / "net.onnx"
    options = ["--inference", "--export", "onnx", "-o", str(target)]
    command = [sys.executable, "-m", "mgiad_dsl", "compile", "digits", *options]
    made = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr == f"{FOLDED}{NEW}wrote {target}\n"
    network = load(compile_file("digits").python)
    network.load_state_dict(new_weights(compile_file("digits")))
    (found,) = runtime.InferenceSession(target).run(None, {"image": IMAGES.numpy()})
    close(torch.from_numpy(found), logits(network))


WEIGHTS = "--weights has nothing to do"


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ("--weights RUN", WEIGHTS, "--inference -o net.py"),
        ("--weights RUN -o net.py", WEIGHTS, "--export onnx -o net.onnx"),
        ("--weights RUN --inference", "--weights are written beside the source", "-o net.py"),
        ("--weights RUN --inference -o net.safetensors", "is where the weights go", "-o net.py"),
        ("--weights RUN --inference -o x --emit graph", "beside the source", "-o net.py"),
        ("--export onnx", "--export writes a file", "-o net.onnx"),
        ("--export pt2 -o x --emit spec", "--export and --emit spec are two commands", ""),
        ("--weights RUN --inference -o .", ". cannot be written: it is a folder", ""),
        ("--weights RUN --inference -o ..", ".. cannot be written: it is a folder", ""),
        ("--export pt2 -o .", ". cannot be written: it is a folder", ""),
        ("-o .", ". cannot be written: it is a folder", ""),
        ("--inference -o net.py --weights none", "none cannot be read: No such file", ""),
        ("--inference -o net.py --weights .", ". is not the folder of a run", "mgiad train"),
        ("--inference -o net.py --weights cut", "cut is damaged, or holds no weights", "--resume"),
        ("--inference -o net.py --weights old.pt", "old.pt is damaged, or holds", "--resume"),
        ("--export pt2 -o n.pt2 --weights RUN --set width=2", "norm.l1_pre.k1_pre.0.0.weight", ""),
        (
            "--export pt2 -o n.pt2 --weights RUN --set classes=3",
            "W.weight is (10, 64) and",
            "--set",
        ),
        ("--export pt2 -o no/n.pt2", "no/n.pt2 cannot be written", ""),
    ],
)
def test_what_does_not_fit(
    options: str, message: str, hint: str, run: Path, here: Path, capsys
) -> None:
    (here / "cut").write_bytes((run / "weights.safetensors").read_bytes()[:-1])
    torch.save([1, 2], here / "old.pt")
    before = sorted(here.iterdir())
    assert main(["compile", "digits", *options.replace("RUN", str(run)).split()]) == 1
    said = capsys.readouterr()
    assert message in said.err
    assert hint in said.err
    assert said.err.count("error:") == 1
    assert not said.out
    assert sorted(here.iterdir()) == before


def test_a_run_that_has_not_ended(run: Path, here: Path, capsys) -> None:
    for path in run.iterdir():
        if path.suffix == ".json":
            (here / path.name).write_bytes(path.read_bytes())
    assert main(["compile", "digits", "--inference", "--weights", ".", "-o", "net.py"]) == 1
    assert "has no weights.safetensors: its training has not ended" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--export", "--weights"])
def test_without_torch(option: str, tmp_path: Path) -> None:
    options = {
        "--export": ["--export", "onnx", "-o", "net.onnx"],
        "--weights": ["--inference", "--weights", "run", "-o", str(tmp_path / "net.py")],
    }
    made = blocked("compile", "digits", *options[option])
    assert made.returncode == 1
    assert made.stderr.startswith(f"error: {option} needs PyTorch\n  hint: pip install")
    assert not list(tmp_path.iterdir())
    assert not (ROOT / "net.onnx").exists()
