from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from mgiad_dsl.train.data.augment import crop, cutout, normalise


@pytest.fixture
def pixels() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (300, 3, 9, 7), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("fill", [None, 128])
@pytest.mark.parametrize("flipped", [False, True])
def test_crop_is_pad_then_cut_then_flip(pixels, fill, flipped) -> None:
    margin = 3
    draws = torch.rand(300, 2, generator=torch.Generator().manual_seed(1))
    ours = crop(pixels, draws, margin, fill, torch.full((300,), flipped))
    if fill is None:
        padded = F.pad(pixels.float(), (margin,) * 4, mode="reflect")
    else:
        padded = F.pad(pixels.float(), (margin,) * 4, value=fill)
    seen = set()
    for image, source, (y, x) in zip(ours, padded, (draws * 7).long().tolist(), strict=True):
        window = source[:, y : y + 9, x : x + 7]
        assert torch.equal(image.float(), window.flip(2) if flipped else window)
        seen.add((y, x))
    assert len(seen) == 49  # every offset occurs


def test_cutout_zeroes_one_square() -> None:
    images = torch.ones(200, 2, 8, 8)
    cut = cutout(images, torch.rand(200, 2, generator=torch.Generator().manual_seed(0)), 4)
    zeros = (cut == 0).sum(dim=(1, 2, 3))
    assert zeros.max() == 2 * 16
    assert zeros.min() >= 2 * 4  # a quarter of the square is always inside
    assert torch.equal(cut[:, 0], cut[:, 1])


def test_normalise_is_torchvisions(pixels) -> None:
    from torchvision.transforms import v2

    mean, std = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
    theirs = v2.Normalize(mean, std)(pixels.float() / 255)
    torch.testing.assert_close(normalise(pixels, torch.tensor(mean), torch.tensor(std)), theirs)
