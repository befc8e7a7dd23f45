"""Small networks, files and fields for the tasks that are not classification."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

FLOW = """mgspec 1
network flow(size = 15, width = 4)
input coefficient : 1 x size x size
{rhs}
levels l in 1..2 : resolution
spaces a[l] = u[l] : width channels
operators {{
    lift    : {lifted} -> u[1]   conv 3x3 bias
    K       : coefficient -> a[1]   conv 3x3 bias
    A[l]    : u[l] -> a[l]      conv 3x3
    B[l]    : a[l] -> u[l]      conv 3x3
    D       : u[1] -> u[2]      conv 3x3 stride 2
    E       : u[2] -> u[1]      conv 3x3 stride 2 transposed
    norm[*] : batchnorm
    H       : u[1] -> 1         conv 3x3 bias
}}
start {{ u[1] = norm(lift({arguments})) * K(coefficient)   a[1] = 0 }}
step relax {{ u[l] = u[l] + B[l](relu(norm(A[l](u[l])))) }}
cycle over l : V {{
    coarsen {{ u[l+1] = D(u[l]) }}
    solve 1 relax
    correct {{ u[l] = u[l] + E(u[l+1]) }}
    smooth 1 relax
}}
output solution = H(u[1])
"""


def flow(path: Path, with_rhs: bool = True) -> Path:
    """A spec that maps a coefficient, and perhaps a right-hand side, to a field."""
    if with_rhs:
        words = {"lifted": "coefficient, rhs", "arguments": "coefficient, rhs"}
        path.write_text(FLOW.format(rhs="input rhs : 1 x size x size", **words))
    else:
        path.write_text(FLOW.format(rhs="", lifted="coefficient", arguments="coefficient"))
    return path


def picture(generator: np.random.Generator, classes: int) -> tuple[Image.Image, np.ndarray]:
    """A photograph of a square on a ground, and the numbers 0..classes-1 and 255 of its pixels."""
    height, width = generator.integers(20, 32, 2)
    labels = np.zeros((height, width), dtype=np.uint8)
    labels[5:15, 5:15] = generator.integers(1, classes)
    pixels = generator.integers(0, 60, (height, width, 3), dtype=np.uint8)
    pixels += (60 * labels)[..., None].clip(0, 180).astype(np.uint8)
    labels[:2] = 255
    return Image.fromarray(pixels), labels


def write_pets(root: Path, n: int = 4) -> None:
    """Oxford-IIIT Pet as its archives unpack: lists of names, JPEG images, trimaps of 1 to 3."""
    base = root / "oxford-iiit-pet"
    (base / "images").mkdir(parents=True)
    (base / "annotations" / "trimaps").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for split in ("trainval", "test"):
        lines = []
        for number in range(n):
            name = f"Abyssinian_{split}_{number}"
            image, labels = picture(generator, 3)
            image.save(base / "images" / f"{name}.jpg")
            trimap = np.where(labels == 255, 2, labels).astype(np.uint8) + 1
            Image.fromarray(trimap).save(base / "annotations" / "trimaps" / f"{name}.png")
            lines.append(f"{name} 1 1 1\n")
        (base / "annotations" / f"{split}.txt").write_text("".join(lines))


def write_voc(root: Path, n: int = 3) -> None:
    """Pascal VOC 2012 as its archive unpacks: JPEG images, and masks as PNG with a palette."""
    base = root / "VOCdevkit" / "VOC2012"
    for folder in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (base / folder).mkdir(parents=True)
    generator = np.random.default_rng(0)
    for split in ("train", "val"):
        names = [f"2007_{split}{number}" for number in range(n)]
        for name in names:
            image, labels = picture(generator, 21)
            image.save(base / "JPEGImages" / f"{name}.jpg")
            mask = Image.fromarray(labels).convert("P")
            mask.putdata(labels.reshape(-1).tolist())
            mask.putpalette(list(generator.integers(0, 256, 768, dtype=np.uint8).tobytes()))
            mask.save(base / "SegmentationClass" / f"{name}.png")
        (base / "ImageSets" / "Segmentation" / f"{split}.txt").write_text("\n".join(names) + "\n")


def write_pairs(root: Path, n: int = 4, held_out: str = "val", classes: int = 3) -> None:
    """Images and masks in folders."""
    generator = np.random.default_rng(0)
    for part in ("train", held_out):
        for folder in ("images", "masks"):
            (root / part / folder).mkdir(parents=True)
        for number in range(n):
            image, labels = picture(generator, classes)
            image.save(root / part / "images" / f"{number}.jpg")
            Image.fromarray(labels).save(root / part / "masks" / f"{number}.png")
