"""Small data, recipes and command lines for the trainer's tests."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mgiad_dsl.cli.train import add_train_arguments
from mgiad_dsl.train.data.builtin import fake
from mgiad_dsl.train.data.sets import ImageSet


@pytest.fixture
def cpu() -> torch.device:
    return torch.device("cpu")


@pytest.fixture
def tiny() -> ImageSet:
    """200 random 1x8x8 images in 10 classes."""
    return fake("fake:1x8x8:10:200")


@pytest.fixture
def train_args(tmp_path: Path) -> Callable[..., argparse.Namespace]:
    """Parsed arguments of ``mgiad train`` on digits for one epoch, plus the words given."""

    def parse(*words: str) -> argparse.Namespace:
        parser = argparse.ArgumentParser()
        add_train_arguments(parser)
        base = ["--data", "digits", "--device", "cpu", "--out", str(tmp_path / "run")]
        return parser.parse_args([*base, "--with", "epochs=1", *words])

    return parse
