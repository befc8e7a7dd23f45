"""Data sets that need no files: scikit-learn's digits, and random images."""

from __future__ import annotations

import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Images, ImageSet

FEW = 256  # images that train in seconds on a CPU
HELD_OUT = 360  # of 1797 digits


def digits() -> ImageSet:
    """The 1797 8x8 digits of scikit-learn (UCI, Alpaydin and Kaynak 1998).

    They come without a split: a fifth, the same number of each class, is held out, always
    the same. Grey levels 0..16 become 0..240.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    kept, held = train_test_split(
        range(len(bunch.target)), test_size=HELD_OUT, stratify=bunch.target, random_state=0
    )
    pixels = torch.from_numpy(bunch.images * 15).to(torch.uint8).unsqueeze(1)
    labels = torch.from_numpy(bunch.target).long()
    return ImageSet(
        name="digits",
        classes=tuple(map(str, range(10))),
        mean=(0.287,),
        std=(0.354,),
        train=Images(pixels[kept], labels[kept]),
        test=Images(pixels[held], labels[held]),
    )


def fake(
    description: str, input_shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10
) -> ImageSet:
    """Random images and labels, for measuring speed: ``fake[:CxHxW[:classes[:n]]]``; of CxN
    signals, of CxDxHxW volumes.

    What the description leaves out is taken from the network; n is 256 by default, with
    a fifth as many test images on top.
    """
    try:
        _, *fields = description.split(":")
        shape = tuple(map(int, fields[0].split("x"))) if fields else input_shape
        classes = int(fields[1]) if len(fields) > 1 else outputs
        n = int(fields[2]) if len(fields) > 2 else FEW
        if len(fields) > 3 or not 2 <= len(shape) <= 4 or min(*shape, classes, n) < 1:
            raise ValueError
    except ValueError:
        raise SpecError(
            f"{description!r} is not of the form fake:CxHxW:classes:n",
            hint="fake:3x32x32:10:50000, of signals fake:1x4096, of volumes fake:1x32x64x64",
        ) from None
    generator = torch.Generator().manual_seed(0)

    def images(count: int) -> Images:
        pixels = torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)
        return Images(pixels, torch.randint(0, classes, (count,), generator=generator))

    return ImageSet(
        name=f"fake:{'x'.join(map(str, shape))}:{classes}:{n}",
        classes=tuple(map(str, range(classes))),
        mean=(0.5,) * shape[0],
        std=(0.289,) * shape[0],
        train=images(n),
        test=images(max(1, n // 5)),
    )
