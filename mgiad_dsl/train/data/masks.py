"""Image files with a class for every pixel: Oxford-IIIT Pet, Pascal VOC, and folders like these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch.utils.data import Dataset
from torchvision import datasets

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.folders import MEAN, STD
from mgiad_dsl.train.data.sets import MaskSet, Where

PETS = ("animal", "background", "border")
VOC = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "dining table", "dog", "horse", "motorbike", "person", "potted plant", "sheep", "sofa",
    "train", "tv monitor",
)  # fmt: skip
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
FOLDERS = ("images", "masks")


class Trimaps(Dataset):
    """Pets with masks of 0, 1 and 2, where the published ones have 1, 2 and 3."""

    def __init__(self, pets: datasets.OxfordIIITPet) -> None:
        self.pets = pets

    def __len__(self) -> int:
        return len(self.pets)

    def __getitem__(self, index: int) -> tuple[Image.Image, Image.Image]:
        image, trimap = self.pets[index]
        return image.convert("RGB"), Image.fromarray(np.asarray(trimap) - np.uint8(1))


class Pairs(Dataset):
    """Image files, and the masks of the same name in another folder."""

    def __init__(self, folder: Path, names: list[str], masks: dict[str, str]) -> None:
        self.folder, self.names, self.masks = folder, names, masks

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> tuple[Image.Image, Image.Image]:
        name = self.names[index]
        image = Image.open(self.folder / "images" / name).convert("RGB")
        return image, Image.open(self.folder / "masks" / self.masks[Path(name).stem])


def pets(where: Where) -> MaskSet:
    """Oxford-IIIT Pet (Parkhi et al. 2012) with its trimaps: ``trainval`` and ``test``."""

    def part(split: str) -> Trimaps:
        pictures = datasets.OxfordIIITPet(
            where.folder, split, target_types="segmentation", download=where.download
        )
        return Trimaps(pictures)

    hint = f"{where.folder}/oxford-iiit-pet with images and annotations; --download fetches them"
    train, test = opened("pets", part, ("trainval", "test"), hint)
    return MaskSet("pets", PETS, MEAN, STD, train, test)


def voc(where: Where) -> MaskSet:
    """Pascal VOC 2012 (Everingham et al.): ``train`` and ``val`` of its segmentations."""

    def part(split: str) -> Any:
        return datasets.VOCSegmentation(where.folder, "2012", split, download=where.download)

    hint = f"{where.folder}/VOCdevkit/VOC2012; --download fetches it"
    train, test = opened("voc", part, ("train", "val"), hint)
    return MaskSet("voc", VOC, MEAN, STD, train, test)


def opened(name: str, part: Any, splits: tuple[str, str], hint: str) -> tuple[Dataset, Dataset]:
    """Both parts of a data set. Raises SpecError for whatever torchvision finds wrong."""
    try:
        train, test = (part(split) for split in splits)
    except Exception as error:  # of the network, of archives, or of files that are not there
        reason = next(iter(str(error).strip().splitlines()), repr(error))
        raise SpecError(f"{name} cannot be read: {reason}", hint=hint) from error
    return train, test


def mask_folder(path: str, outputs: int) -> MaskSet:
    """``PATH/train/images/*.jpg`` with ``PATH/train/masks/*.png`` of the same names, and the same
    in ``PATH/val`` (or ``test``). Raises SpecError.

    Classes are the lines of ``PATH/classes.txt``; without it as many as the network has outputs.
    """
    if not path:
        raise SpecError("maskfolder: needs the path of a folder", hint="--data maskfolder:PATH")
    root = Path(path)
    held_out = root / "val" if (root / "val").is_dir() else root / "test"
    names = tuple(map(str, range(outputs)))
    if (root / "classes.txt").is_file():
        names = tuple((root / "classes.txt").read_text().split("\n"))
        names = tuple(name.strip() for name in names if name.strip())
    train, test = pairs(root / "train"), pairs(held_out)
    return MaskSet(f"maskfolder:{path}", names, MEAN, STD, train, test)


def pairs(folder: Path) -> Pairs:
    """The images of a folder that have masks. Raises SpecError if any has none."""
    expected = f"expected {folder}/images/NAME.jpg and {folder}/masks/NAME.png"
    found = []
    for part in FOLDERS:
        try:
            files = sorted(each.name for each in (folder / part).iterdir())
        except OSError as error:
            raise SpecError(f"{folder / part}: {error.strerror}", hint=expected) from error
        found.append([name for name in files if Path(name).suffix.lower() in IMAGES])
    images, masks = found
    by_stem = {Path(name).stem: name for name in masks}
    alone = [name for name in images if Path(name).stem not in by_stem]
    if alone or not images:
        what = f"{alone[0]} has no mask" if alone else "there are no images"
        raise SpecError(f"{folder}: {what}", hint=expected)
    return Pairs(folder, images, by_stem)
