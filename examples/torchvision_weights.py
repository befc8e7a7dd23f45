"""Load the weights of torchvision's resnet18 into the compiled one; outputs are the same bits.

The map of names is that of docs/zoo.md. Here the weights are random; pretrained ones
(`resnet18(weights="DEFAULT")`) go the same way.
"""

import re

import torch
from torchvision.models import resnet18

import mgiad_dsl

# Our name (a pattern over levels and steps) and torchvision's.
NAMES = [
    (r"theta", "conv1"),
    (r"norm\.start_g_a", "bn1"),
    (r"W", "fc"),
    (r"A\.(\d)_(\d)", "layer{0}.{1}.conv1"),
    (r"B\.(\d)_(\d)", "layer{0}.{1}.conv2"),
    (r"norm\.l(\d)_pre(\d)_u_a", "layer{0}.{1}.bn1"),
    (r"norm\.l(\d)_pre(\d)_u_b", "layer{0}.{1}.bn2"),
    (r"Ad\.(\d)", "layer{0}.0.conv1"),
    (r"Bd\.(\d)", "layer{0}.0.conv2"),
    (r"S\.(\d)", "layer{0}.0.downsample.0"),
    (r"norm\.l(\d)_coarsen_u_a", "layer{0}.0.bn1"),
    (r"norm\.l(\d)_coarsen_u_b", "layer{0}.0.bn2"),
    (r"norm\.l(\d)_coarsen_u_c", "layer{0}.0.downsample.1"),
]


def theirs(name: str) -> str:
    """torchvision's name of one of our tensors."""
    owner, _, tensor = name.rpartition(".")
    for pattern, target in NAMES:
        match = re.fullmatch(pattern, owner)
        if match:
            indices = [int(index) for index in match.groups()]
            if "coarsen" in owner:  # from level l to l + 1
                indices[0] += 1
            if len(indices) == 2:  # steps count from 1, blocks from 0
                indices[1] -= 1
            return f"{target.format(*indices)}.{tensor}"
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
