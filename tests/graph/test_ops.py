"""What is said of operations is what PyTorch does."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from mgiad_dsl.graph import ops
from mgiad_dsl.language.words import ACTIVATIONS


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "identity"])
def test_which_activations_keep_zero(name: str) -> None:
    """`identity` is no operation."""
    function = getattr(F, name, None) or getattr(torch, name)
    kept = torch.equal(function(torch.zeros(3)), torch.zeros(3))
    assert ops.keeps_zero(ops.Activation(name)) == kept
