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
    def cifar10(cls, size: tuple[int, ...], device: torch.device) -> Policy:
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
    """An operation of the policy at one of ten levels, for images of one size."""
    level = level or 0  # of an operation that has none
    matrix = moved(name, level, sign, height, width)
    if matrix is not None:
        return NEUTRAL._replace(matrix=matrix)
    return NEUTRAL._replace(**changed(name, level, sign))


def moved(name: str, level: int, sign: int, height: int, width: int) -> tuple[float, ...] | None:
    """The matrix of an operation that moves pixels; None of any other.

    It maps centred positions (x, y) to where the new value comes from.
    """
    shear = sign * magnitude(level, 0, 0.3)
    match name:
        case "ShearX":
            return 1.0, shear, shear * height / 2, 0.0, 1.0, 0.0
        case "ShearY":
            return 1.0, 0.0, 0.0, shear, 1.0, shear * width / 2
        case "TranslateX":
            by = sign * int(magnitude(level, 0, 150 / 331 * width))
            return 1.0, 0.0, float(-by), 0.0, 1.0, 0.0
        case "TranslateY":
            by = sign * int(magnitude(level, 0, 150 / 331 * height))
            return 1.0, 0.0, 0.0, 0.0, 1.0, float(-by)
        case "Rotate":
            angle = math.radians(-sign * magnitude(level, 0, 30))
            c, s = math.cos(angle), math.sin(angle)
            return c, s, 0.0, -s, c, 0.0
    return None


def changed(name: str, level: int, sign: int) -> dict[str, float]:
    """The parameter of an operation that changes values where they are."""
    enhance = 1 + sign * magnitude(level, 0, 0.9)
    match name:
        case "Color":
            return {"colour": enhance}
        case "Sharpness":
            return {"sharpness": enhance}
        case "Brightness":
            return {"brightness": enhance}
        case "Contrast":
            return {"contrast": enhance}
        case "Posterize":
            return {"mask": 256 - 2 ** round(4 * level / (LEVELS - 1))}
        case "Solarize":
            return {"threshold": magnitude(level, 255, 0)}
        case "Invert":
            return {"threshold": 0.0}
        case "AutoContrast":
            return {"stretch": True}
        case "Equalize":
            return {"equalize": True}
    raise ValueError(f"the policy has an unknown operation {name}")


def magnitude(level: int, first: float, last: float) -> float:
    """Torchvision's, from float32 ``linspace``."""
    return float(torch.linspace(first, last, LEVELS)[level])
