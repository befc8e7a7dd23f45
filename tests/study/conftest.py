"""Small studies; runs in the process of the tests draw no curves, those of their own do."""

from __future__ import annotations

import pytest

from tests.study.small import write_study

__all__ = ["write_study"]


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take most of the time of a tiny run, and are proven in tests/train."""
    monkeypatch.setattr("mgiad_dsl.train.run.report.draw_curves", lambda *_: True)
