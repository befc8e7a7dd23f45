"""Load the weights of torchvision's resnet18 into the compiled one; outputs are the same bits.

The map of names is that of docs/zoo.md. Here the weights are random; pretrained ones
(`resnet18(weights="DEFAULT")`) go the same way.
"""

import re

import torch
from torchvision.models import resnet18

import mgiad_dsl

# Our name (a pattern) and torchvision's, with the numbers of the pattern as ours counts them.
# Blocks count from 0 and our steps from 1; on levels after the first, block 0 is the coarsening.
NAMES = [
    (r"theta", lambda: "conv1"),
    (r"norm\.start\.0", lambda: "bn1"),
    (r"W", lambda: "fc"),
    (r"A\.(\d)_(\d)", lambda level, step: f"layer{level}.{step - 1}.conv1"),
    (r"B\.(\d)_(\d)", lambda level, step: f"layer{level}.{step - 1}.conv2"),
    (
        r"norm\.l(\d)_pre\.(\d)\.(\d)",
        lambda level, step, norm: f"layer{level}.{step + (level > 1)}.bn{norm + 1}",
    ),
    (r"Ad\.(\d)", lambda level: f"layer{level}.0.conv1"),
    (r"Bd\.(\d)", lambda level: f"layer{level}.0.conv2"),
    (r"S\.(\d)", lambda level: f"layer{level}.0.downsample.0"),
    (
        r"norm\.l(\d)_coarsen\.(\d)",
        lambda level, norm: f"layer{level + 1}.0.{('bn1', 'bn2', 'downsample.1')[norm]}",
    ),
]


def theirs(name: str) -> str:
    """torchvision's name of one of our tensors."""
    owner, _, tensor = name.rpartition(".")
    for pattern, target in NAMES:
        match = re.fullmatch(pattern, owner)
        if match:
            return f"{target(*map(int, match.groups()))}.{tensor}"
    raise KeyError(name)


torch.manual_seed(0)
original = resnet18(weights=None).double()
weights = original.state_dict()
compiled = mgiad_dsl.compile("resnet18").double()
compiled.load_state_dict({name: weights[theirs(name)] for name in compiled.state_dict()})

image = torch.randn(2, 3, 64, 64, dtype=torch.float64)
for mode in ("train", "eval"):
    same = torch.equal(getattr(compiled, mode)()(image), getattr(original, mode)()(image))
    print(f"{mode}: {'the same bits' if same else 'different'}")
