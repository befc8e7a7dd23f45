"""Load the weights of a torchvision network into the compiled one; outputs are the same bits.

    python examples/torchvision_weights.py resnet50

for resnet18 (the default), resnet34, resnet50, wide_resnet50_2 and resnext50_32x4d. The map of
names is that of docs/zoo.md. Here the weights are random; pretrained ones
(`models.get_model(name, weights="DEFAULT")`) go the same way.
"""

import re
import sys

import torch
from torchvision import models

import mgiad_dsl

name = sys.argv[1] if len(sys.argv) > 1 else "resnet18"
deep = "50" in name  # blocks of three convolutions, on level 1 too with a first one like no other
COARSENING = ["bn1", "bn2", "bn3", "downsample.1"] if deep else ["bn1", "bn2", "downsample.1"]

# Our name (a pattern) and torchvision's, with the numbers of the pattern as ours counts them.
# Blocks count from 0 and our steps from 1; block 0 of a level is the coarsening that leads to it.
NAMES = [
    (r"theta", lambda: "conv1"),
    (r"norm\.start\.0", lambda: "bn1"),
    (r"W", lambda: "fc"),
    (r"A\.(\d)_(\d)", lambda level, step: f"layer{level}.{step - 1}.conv1"),
    (r"B\.(\d)_(\d)", lambda level, step: f"layer{level}.{step - 1}.conv2"),
    (r"C\.(\d)_(\d)", lambda level, step: f"layer{level}.{step - 1}.conv3"),
    (
        r"norm\.l(\d)_pre\.(\d)\.(\d)",
        lambda level, step, norm: f"layer{level}.{step + (deep or level > 1)}.bn{norm + 1}",
    ),
    (r"Ad\.(\d)", lambda level: f"layer{level}.0.conv1"),
    (r"Bd\.(\d)", lambda level: f"layer{level}.0.conv2"),
    (r"Cd\.(\d)", lambda level: f"layer{level}.0.conv3"),
    (r"S\.(\d)", lambda level: f"layer{level}.0.downsample.0"),
    (
        r"norm\.l(\d)_coarsen\.(\d)",
        lambda level, norm: f"layer{level + 1}.0.{COARSENING[norm]}",
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
original = models.get_model(name, weights=None).double()
weights = original.state_dict()
compiled = mgiad_dsl.compile(name).double()
compiled.load_state_dict({ours: weights[theirs(ours)] for ours in compiled.state_dict()})

image = torch.randn(2, 3, 64, 64, dtype=torch.float64)
for mode in ("train", "eval"):
    same = torch.equal(getattr(compiled, mode)()(image), getattr(original, mode)()(image))
    print(f"{mode}: {'the same bits' if same else 'different'}")
