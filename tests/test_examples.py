"""The examples run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHOWN = {
    "compare": "2,750,666 weights",
    "own_loop": "step 60: loss 0.",
    "standalone": "2,773,796 weights",
    "torchvision_weights": "train: the same bits\neval: the same bits",
    "torchvision_weights resnext50_32x4d": "train: the same bits\neval: the same bits",
}


@pytest.mark.parametrize("command", SHOWN)
def test_example(command: str, tmp_path: Path) -> None:
    name, *arguments = command.split()
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples" / f"{name}.py"), *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert SHOWN[command] in run.stdout
