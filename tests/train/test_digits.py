"""The bundled network on the bundled data: real accuracy, without a download."""

from __future__ import annotations

import json

import pytest

from mgiad_dsl.cli import main


@pytest.mark.slow
def test_digits_are_recognised(tmp_path, monkeypatch) -> None:
    """A third of the recipe's epochs; all of them are the demo's."""
    words = "train digits --data digits --device cpu --with epochs=10 eval_every=10"
    monkeypatch.chdir(tmp_path)
    assert main([*words.split(), "--out", "run"]) == 0
    record = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert record["test_accuracy"] >= 0.985
