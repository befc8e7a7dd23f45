"""AutoAugment's CIFAR-10 policy (Cubuk et al. 2019) for a batch: each image its own operations.

torchvision applies the policy to one image at a time. Here all images of a batch go through
all kinds of operations, with parameters of their own that leave them as they are where the
policy does not ask for that kind. Nothing waits for the device.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torchvision.transforms import AutoAugment, AutoAugmentPolicy

from mgiad_dsl.train.data.operations import NEUTRAL, Operation, apply

LEVELS = 10
DRAWS = 5  # policy, two probabilities, two signs


class Policy(NamedTuple):
    """The pairs of operations of a policy, for images of one size.

    Probabilities (pairs + 1, 2): pair, first or second of it. Fields of ``operations`` begin
    with dimensions (pairs + 1, 2, 2): pair, first or second, minus or plus. The last pair
    does nothing.
    """

    probabilities: Tensor
    operations: Operation

    @classmethod
    def cifar10(cls, size: tuple[int, int], device: torch.device) -> Policy:
        """The 25 pairs for CIFAR-10 images of ``size`` (height, width)."""
        pairs = AutoAugment(AutoAugmentPolicy.CIFAR10).policies
        probabilities = [[probability for _, probability, _ in pair] for pair in pairs]
        table = [
            [[operation(name, level, sign, *size) for sign in (-1, 1)] for name, _, level in pair]
            for pair in pairs
        ]
        table.append([[NEUTRAL] * 2] * 2)
        fields = [
            as_tensor([[[signed[i] for signed in slot] for slot in pair] for pair in table])
            for i in range(len(NEUTRAL))
        ]
        return cls(
            torch.tensor([*probabilities, [0.0, 0.0]], device=device),
            Operation(*(field.to(device) for field in fields)),
        )


def autoaugment(pixels: Tensor, draws: Tensor, policy: Policy) -> Tensor:
    """One of the policy's pairs of operations for each uint8 image (n, 1 or 3, H, W).

    Draws (n, ``DRAWS``) are uniform in [0, 1). The result is that of
    ``torchvision.transforms.AutoAugment`` on uint8 tensors with the same choices.
    """
    pairs = len(policy.probabilities) - 1
    chosen = (draws[:, 0] * pairs).long()
    for slot in range(2):
        applied = draws[:, 1 + slot] <= policy.probabilities[chosen, slot]
        row = torch.where(applied, chosen, pairs)
        sign = (draws[:, 3 + slot] >= 0.5).long()
        pixels = apply(pixels, Operation(*(field[row, slot, sign] for field in policy.operations)))
    return pixels


def as_tensor(numbers: list) -> Tensor:
    """Floats in double precision: 1 - weight is rounded to float32 as late as torchvision does."""
    tensor = torch.tensor(numbers)
    return torch.tensor(numbers, dtype=torch.float64) if tensor.is_floating_point() else tensor


def operation(name: str, level: int | None, sign: int, height: int, width: int) -> Operation:
    """An operation of the policy at one of ten levels, for images of one size.

    Magnitudes are torchvision's, from float32 ``linspace``; matrices map centred positions
    (x, y) to where the new value comes from.
    """

    def magnitude(first: float, last: float) -> float:
        return float(torch.linspace(first, last, LEVELS)[level or 0])

    enhance = 1 + sign * magnitude(0, 0.9)
    shear = sign * magnitude(0, 0.3)
    match name:
        case "ShearX":
            return NEUTRAL._replace(matrix=(1.0, shear, shear * height / 2, 0.0, 1.0, 0.0))
        case "ShearY":
            return NEUTRAL._replace(matrix=(1.0, 0.0, 0.0, shear, 1.0, shear * width / 2))
        case "TranslateX":
            by = sign * int(magnitude(0, 150 / 331 * width))
            return NEUTRAL._replace(matrix=(1.0, 0.0, float(-by), 0.0, 1.0, 0.0))
        case "TranslateY":
            by = sign * int(magnitude(0, 150 / 331 * height))
            return NEUTRAL._replace(matrix=(1.0, 0.0, 0.0, 0.0, 1.0, float(-by)))
        case "Rotate":
            angle = math.radians(-sign * magnitude(0, 30))
            c, s = math.cos(angle), math.sin(angle)
            return NEUTRAL._replace(matrix=(c, s, 0.0, -s, c, 0.0))
        case "Color":
            return NEUTRAL._replace(colour=enhance)
        case "Sharpness":
            return NEUTRAL._replace(sharpness=enhance)
        case "Brightness":
            return NEUTRAL._replace(brightness=enhance)
        case "Contrast":
            return NEUTRAL._replace(contrast=enhance)
        case "Posterize":
            return NEUTRAL._replace(mask=256 - 2 ** round(4 * (level or 0) / (LEVELS - 1)))
        case "Solarize":
            return NEUTRAL._replace(threshold=magnitude(255, 0))
        case "Invert":
            return NEUTRAL._replace(threshold=0.0)
        case "AutoContrast":
            return NEUTRAL._replace(stretch=True)
        case "Equalize":
            return NEUTRAL._replace(equalize=True)
    raise ValueError(f"the policy has an unknown operation {name}")
