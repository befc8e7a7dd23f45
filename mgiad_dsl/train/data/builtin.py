"""Data sets that need no files: scikit-learn's digits, and random images and
fields.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Images, ImageSet, Tensors, TensorSet

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
    shape, classes, n = described(description, input_shape, outputs)
    generator = torch.Generator().manual_seed(0)

    def images(count: int) -> Images:
        pixels = torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)
        return Images(pixels, torch.randint(0, classes, (count,), generator=generator))

    return ImageSet(
        name=full_name(shape, classes, n),
        classes=tuple(map(str, range(classes))),
        mean=(0.5,) * shape[0],
        std=(0.289,) * shape[0],
        train=images(n),
        test=images(max(1, n // 5)),
    )


def fake_fields(
    description: str, inputs: Mapping[str, tuple[int, ...]], output: tuple[int, ...]
) -> TensorSet:
    """Random inputs, and targets for an ``output`` (C, ...) of a network that is a field: a class
    for every point, or where C is 1 a field.

    The description is that of ``fake``, with C for classes; its shape is that of every input.
    """
    own = next(iter(inputs.values()))
    shape, channels, n = described(description, own, output[0])
    shapes = [shape if ":" in description else each for each in inputs.values()]
    points = shape[1:] if output[1:] == own[1:] else output[1:]
    generator = torch.Generator().manual_seed(0)

    def part(count: int) -> Tensors:
        values = tuple(torch.randn(count, *each, generator=generator) for each in shapes)
        if channels == 1:
            return Tensors(values, torch.randn(count, 1, *points, generator=generator))
        labels = torch.randint(0, channels, (count, *points), generator=generator)
        return Tensors(values, labels)

    return TensorSet(
        name=full_name(shape, channels, n) if len(set(shapes)) == 1 else description,
        inputs=tuple(inputs),
        train=part(n),
        test=part(max(1, n // 5)),
        classes=tuple(map(str, range(channels))) if channels > 1 else (),
    )


def described(
    description: str, shape: tuple[int, ...], classes: int
) -> tuple[tuple[int, ...], int, int]:
    """Shape, classes and number of ``fake:CxHxW:classes:n``, or what stands for those left out.

    Raises SpecError.
    """
    try:
        _, *fields = description.split(":")
        shape = tuple(map(int, fields[0].split("x"))) if fields else shape
        classes = int(fields[1]) if len(fields) > 1 else classes
        n = int(fields[2]) if len(fields) > 2 else FEW
        if len(fields) > 3 or not 2 <= len(shape) <= 4 or min(*shape, classes, n) < 1:
            raise ValueError
    except ValueError:
        raise SpecError(
            f"{description!r} is not of the form fake:CxHxW:classes:n",
            hint="fake:3x32x32:10:50000, of signals fake:1x4096, of volumes fake:1x32x64x64",
        ) from None
    return shape, classes, n


def full_name(shape: tuple[int, ...], classes: int, n: int) -> str:
    return f"fake:{'x'.join(map(str, shape))}:{classes}:{n}"
