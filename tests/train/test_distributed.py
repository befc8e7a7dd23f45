from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mgiad_dsl.train.run.metrics import read_records
from tests.train.two_processes import connected_by_hand, run, solver

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
        env=os.environ | {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(folder / "cache")},
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
    assert said.count("epoch   1") == 3  # of three trainings: one process speaks


def test_a_solver_is_tried_on_other_grids_by_two_processes(out, tmp_path, monkeypatch) -> None:
    """Each of two seeds, with the same factors as by one process."""
    monkeypatch.setattr("mgiad_dsl.train.data.cache.cache_file", lambda name: str(tmp_path / name))
    solver(tmp_path / "solver")
    one, two = (grid_factors(folder / "solver" / "report.md") for folder in (tmp_path, out))
    assert one.keys() == two.keys() == {"7x7", "15x15", "31x31", "63x63"}
    for grid, factors in one.items():
        assert len(factors) == 3  # of two seeds, and of the classical cycle
        assert two[grid] == pytest.approx(factors, abs=2e-4), grid


def grid_factors(report: Path) -> dict[str, list[float]]:
    rows = re.findall(r"^\| (\d+x\d+).* \| (.*) \| (.*) \|$", report.read_text(), re.MULTILINE)
    return {grid: [float(n) for n in f"{seeds}, {last}".split(", ")] for grid, seeds, last in rows}


def test_every_process_needs_a_held_out_sample(out) -> None:
    said = (out / "few_samples").read_text()
    assert "poisson:7,n=4 has 1 held-out samples, and there are 2 processes" in said


def test_a_group_that_torchrun_did_not_start(tmp_path) -> None:
    torch.multiprocessing.spawn(connected_by_hand, (tmp_path,), nprocs=2)
    expected, _ = run()
    model, images = torch.load(tmp_path / "result.pt")
    assert images == 40
    for name, value in expected.state_dict().items():
        torch.testing.assert_close(model[name], value, rtol=1e-10, atol=1e-12)
    assert len(read_records(tmp_path / "run")) == 2  # one process writes
