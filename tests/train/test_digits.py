"""The bundled network on the bundled data: real accuracy, without a download."""

from __future__ import annotations

import json

import pytest

from mgiad_dsl.cli import main


@pytest.mark.slow
def test_digits_are_recognised(tmp_path, monkeypatch) -> None:
    """What the demo does."""
    words = "train digits --data digits --device cpu --with eval_every=30"
    monkeypatch.chdir(tmp_path)
    assert main([*words.split(), "--out", "run"]) == 0
    record = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert record["test_accuracy"] >= 0.985
