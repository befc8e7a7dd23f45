"""What each pass saves adds up to what the counts say."""

from __future__ import annotations

from pathlib import Path

import pytest

from mgiad_dsl.cli import main
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.show.stats import stats


@pytest.mark.parametrize("level", LEVELS)
def test_the_rows_add_up(level: Level) -> None:
    compiled = compile_tree(*read("unet_mg"), {}, level)
    table = stats(compiled)
    numbers = [[int(str(cell)) for cell in row[1:4]] for row in table.rows]
    *parts, last = numbers
    assert [sum(column) for column in zip(*parts, strict=True)] == last
    written, ran = compiled.count.written, compiled.count.cost
    assert numbers[0] == [written.operations, written.macs, written.activations]
    assert last == [ran.operations, ran.macs, ran.activations]
    assert all(number <= 0 for row in parts[1:] for number in row)


def test_stats_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "mgnet", "-O2", "--stats"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("mgnet at -O2\n")
    assert "f - A (u + d) = (f - A u) - A d" in shown
    assert "import torch" not in shown
    file = tmp_path / "net.py"
    assert main(["compile", "mgnet", "-O2", "--stats", "-o", str(file)]) == 0
    assert capsys.readouterr().out == shown
    assert "import torch" in file.read_text(encoding="utf-8")
