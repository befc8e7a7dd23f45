"""The tutorial's commands run as they are written, one after the other, in one folder."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from mgiad_dsl.cli import main
from tests.pages import ROOT, blocks, workplace

PAGE = ROOT / "docs/tutorial.md"
MADE = ["run/report.md", "run/weights.safetensors", "run/eval.md"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # torch.export
def test_the_commands_in_their_order(tmp_path: Path) -> None:
    """Each ends well, and writes the file that it names; one epoch is enough here."""
    pytest.importorskip("torch")
    text = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"(?m)^(?:\$ )?mgiad (.*)$", text)
    commands = [shlex.split(line, comments=True) for line in lines]
    assert {command[0] for command in commands} >= {"count", "draw", "train", "eval", "compile"}
    with workplace(blocks(PAGE, text), tmp_path):
        for command in commands:
            if command[0] == "draw" and not shutil.which("dot"):
                continue
            shorter = ["--with", "epochs=1", "warmup=0"] if command[0] == "train" else []
            assert main([*command, *shorter]) == 0, command
            assert "-o" not in command or Path(command[-1]).exists()
        assert all(Path(name).exists() for name in MADE)
