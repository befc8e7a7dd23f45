"""The batched policy against torchvision's, operation by operation."""

from __future__ import annotations

import pytest
import torch
from torchvision.transforms import AutoAugment, AutoAugmentPolicy
from torchvision.transforms.functional import pil_to_tensor, to_pil_image

from mgiad_dsl.train.data.autoaugment import DRAWS, Policy, autoaugment

CHOICES = [  # pair, applied (first, second), signs (first, second)
    (pair, applied, signs)
    for pair in range(25)
    for applied in ((True, True), (True, False), (False, True), (False, False))
    for signs in ((0, 0), (0, 1), (1, 0), (1, 1))
]


def images(shape: tuple[int, int, int]) -> torch.Tensor:
    """One image for each choice: noise, low contrast, few values, smooth, one value."""
    generator = torch.Generator().manual_seed(0)
    n = len(CHOICES)
    noise = torch.randint(0, 256, (n, *shape), generator=generator, dtype=torch.uint8)
    noise[1::7] = noise[1::7] // 4 + 90
    noise[2::7] = noise[2::7] // 100 * 100
    noise[3::7] = noise[3::7].sort(dim=-1).values
    noise[4::49] = 77
    return noise


def ours(inputs: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    return autoaugment(inputs, uniform, Policy.cifar10(inputs.shape[2:], inputs.device))


def draws() -> torch.Tensor:
    """The uniform numbers that lead to ``CHOICES``: probability 0 is always applied, 1 never."""
    rows = [
        [(pair + 0.5) / 25, *(0.0 if a else 1.1 for a in applied), *(s * 0.5 for s in signs)]
        for pair, applied, signs in CHOICES
    ]
    return torch.tensor(rows)


def theirs(inputs, monkeypatch, pil: bool = False) -> torch.Tensor:
    transform = AutoAugment(AutoAugmentPolicy.CIFAR10)
    outputs = []
    for image, (pair, applied, signs) in zip(inputs, CHOICES, strict=True):
        probabilities = torch.tensor([0.0 if a else 1.1 for a in applied])
        chosen = (pair, probabilities, torch.tensor(signs))
        monkeypatch.setattr(
            AutoAugment, "get_params", staticmethod(lambda _, chosen=chosen: chosen)
        )
        if pil:
            outputs.append(pil_to_tensor(transform(to_pil_image(image))))
        else:
            outputs.append(transform(image))
    return torch.stack(outputs)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 20, 31)])
def test_equal_to_torchvision_on_tensors(shape, monkeypatch) -> None:
    inputs = images(shape)
    expected = theirs(inputs, monkeypatch)
    changed = ours(inputs, draws())
    assert changed.dtype == torch.uint8
    for image, wanted, choice in zip(changed, expected, CHOICES, strict=True):
        assert torch.equal(image, wanted), choice


def test_close_to_torchvision_on_pil_images(monkeypatch) -> None:
    """PIL rounds grey and blends differently by one; its nearest pixel is rarely another."""
    inputs = images((3, 32, 32))
    expected = theirs(inputs, monkeypatch, pil=True)
    difference = (ours(inputs, draws()).int() - expected.int()).abs()
    assert (difference > 0).float().mean() < 0.05
    assert (difference > 2).float().mean() < 0.001


def test_random_draws_choose_evenly() -> None:
    generator = torch.Generator().manual_seed(0)
    uniform = torch.rand(500, DRAWS, generator=generator)
    inputs = images((3, 32, 32))[3].expand(500, -1, -1, -1).contiguous()
    changed = (ours(inputs, uniform) != inputs).flatten(1).any(dim=1)
    assert 0.6 < changed.float().mean() < 1
