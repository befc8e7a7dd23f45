"""Trained weights on the disk: exact, and read without running code."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.run.folder import check_folders
from mgiad_dsl.train.run.weights import load_weights, save_weights
from tests.train.nets import Plain, SmallCycle


class Code:
    """Unpickling it leaves a file ``ran`` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder / "ran"),)


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_weights_come_back_exactly(layout, tmp_path) -> None:
    model, another = SmallCycle().to(memory_format=layout), SmallCycle()
    assert not same(model, another)
    save_weights(tmp_path, model)
    load_weights(tmp_path, another)
    assert same(model, another)
    assert load_file(tmp_path / "weights.safetensors").keys() == model.state_dict().keys()


def test_weights_of_an_older_run_are_read(tmp_path) -> None:
    model, another = SmallCycle(), SmallCycle()
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    load_weights(tmp_path, another)
    assert same(model, another)
    with pytest.raises(SpecError, match="trained weights, and no checkpoint"):
        check_folders(tmp_path, [tmp_path], resume=True)
    newer = SmallCycle()
    save_weights(tmp_path, newer)
    load_weights(tmp_path, another)
    assert same(newer, another)


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_code_in_a_file_of_weights_does_not_run(name, tmp_path) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(Code(tmp_path)))
    with pytest.raises(SpecError, match=f"{name} is damaged"):
        load_weights(tmp_path, Plain())
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_cut_short_or_of_another_network(tmp_path) -> None:
    save_weights(tmp_path, Plain())
    with pytest.raises(SpecError, match="is not of this network"):
        load_weights(tmp_path, SmallCycle())
    whole = (tmp_path / "weights.safetensors").read_bytes()
    for size in (0, 5, len(whole) // 2, len(whole) - 1):
        (tmp_path / "weights.safetensors").write_bytes(whole[:size])
        with pytest.raises(SpecError, match="is damaged"):
            load_weights(tmp_path, Plain())
