"""From emitted text to a live module."""

from __future__ import annotations

import copy
import traceback

import pytest
import torch

import mgiad_dsl
from mgiad_dsl import compile_file
from mgiad_dsl.runtime import load


def test_tracebacks_show_the_emitted_lines() -> None:
    network = load(compile_file("digits").python, "digits")
    with pytest.raises(RuntimeError) as failed:
        network(torch.zeros(1, 3, 8, 8))
    text = "".join(traceback.format_exception(failed.value))
    assert "self.theta(image)" in text


def test_one_text_is_one_module_in_the_process() -> None:
    source = compile_file("digits").python
    assert type(load(source)) is type(load(source))
    assert type(load(source)) is not type(load(compile_file("digits", width=2).python))


def test_compile_takes_parameters() -> None:
    network = mgiad_dsl.compile("mgiad:w3", classes=7)
    assert network.W.out_features == 7
    assert network.theta.out_channels == 192


def test_a_network_can_be_copied() -> None:
    network = mgiad_dsl.compile("digits").eval()
    twin = copy.deepcopy(network)
    image = torch.randn(2, 1, 8, 8)
    assert torch.equal(network(image), twin(image))
    assert twin.A["1_0"].weight is not network.A["1_0"].weight
