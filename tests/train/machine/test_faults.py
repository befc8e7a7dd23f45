from __future__ import annotations

import pytest
import torch

from mgiad_dsl.train.machine.faults import ran_out_of_memory


def test_memory_that_ran_out_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as host:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert ran_out_of_memory(host.value)
    assert ran_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert ran_out_of_memory(RuntimeError("DefaultCPUAllocator: not enough memory: you tried"))
    assert not ran_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not ran_out_of_memory(ValueError("not enough memory"))
