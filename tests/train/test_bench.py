from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("network", ["mgnet", "mgiad"])
def test_the_bench_runs_on_a_cpu(network: str, tmp_path) -> None:
    words = ["--network", network, "--quick", "--steps", "1", "--batch", "8", "--device", "cpu"]
    files = ["--json", str(tmp_path / "bench.json"), "--profile", str(tmp_path / "profile.txt")]
    subprocess.run(
        [sys.executable, "bench/gpu_train.py", *words, *files],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
    )
    (rows,) = json.loads((tmp_path / "bench.json").read_text())["rows"].values()
    assert len(rows) == 5
    assert all(row["images_per_second"] > 0 for row in rows.values())
    assert "aten::" in (tmp_path / "profile.txt").read_text()
