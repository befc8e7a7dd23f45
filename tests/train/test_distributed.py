from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mgiad_dsl.train.run.metrics import read_records
from tests.train.two_processes import connected_by_hand, run

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    """What two processes under torchrun left behind."""
    folder = tmp_path_factory.mktemp("two")
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launch, "-m", "tests.train.two_processes", str(folder)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (folder / "stdout").write_text(done.stdout)
    return folder


def test_two_ranks_do_what_one_does_with_the_whole_batch(out) -> None:
    model, result = run()
    two = torch.load(out / "result.pt")
    for name, value in model.state_dict().items():
        torch.testing.assert_close(two["model"][name], value, rtol=1e-10, atol=1e-12)
    assert two["images"] == result.scores.images == 40
    assert two["accuracy"] == result.scores.accuracy
    assert two["loss"] == pytest.approx(result.records[-1].train_loss, rel=1e-10)


def test_weights_that_are_never_applied_stay_as_they_were(out) -> None:
    two = torch.load(out / "result.pt")
    assert torch.equal(two["model"]["unused"], torch.ones(3, dtype=torch.float64))


def test_both_stop_at_a_signal_to_one_and_resume_bit_for_bit(out) -> None:
    two = torch.load(out / "result.pt")
    for name, value in two["model"].items():
        assert torch.equal(two["resumed"][name], value)


def test_synchronised_norms_need_gpus(out) -> None:
    assert "SyncBatchNorm needs GPUs" in (out / "refused").read_text()


def test_the_same_command_trains_with_two_processes(out) -> None:
    assert json.loads((out / "run" / "run.json").read_text())["hardware"].endswith("x 2")
    assert (out / "run" / "report.md").exists()
    said = (out / "stdout").read_text()
    assert said.count("epoch   1") == 1  # one process speaks


def test_a_group_that_torchrun_did_not_start(tmp_path) -> None:
    torch.multiprocessing.spawn(connected_by_hand, (tmp_path,), nprocs=2)
    expected, _ = run()
    model, images = torch.load(tmp_path / "result.pt")
    assert images == 40
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(model[name], value, rtol=1e-10, atol=1e-12)
    assert len(read_records(tmp_path / "run")) == 2  # one process writes
