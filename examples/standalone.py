"""Write a network to a file and use it without mgiad_dsl."""

import importlib.util
import tempfile
from pathlib import Path

import torch

from mgiad_dsl import compile_file

path = Path(tempfile.mkdtemp()) / "mgnet.py"
path.write_text(compile_file("mgnet:cifar100").python)

# From here on only the file and torch are needed.
spec = importlib.util.spec_from_file_location("mgnet", path)
mgnet = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mgnet)

network = mgnet.Mgnet()
scores = network(torch.randn(1, 3, 32, 32))
print(f"{path.name}: {sum(p.numel() for p in network.parameters()):,} weights")
print(f"scores {tuple(scores.shape)}, first tensor {next(iter(network.state_dict()))}")
