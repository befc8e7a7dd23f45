"""Image files in folders: ImageNet, and anything laid out like it."""

from __future__ import annotations

from pathlib import Path

from torchvision import datasets

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import FolderSet, Where

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, also for other photographs


def imagenet(where: Where) -> FolderSet:
    """ImageNet 2012 under ``imagenet`` in the data folder, as torchvision expects it.

    That is the archives as published (their MD5 sums are checked, and they are unpacked), or
    what torchvision unpacked before. Raises SpecError.
    """
    root = where.folder / "imagenet"
    try:
        train, test = (datasets.ImageNet(root, split) for split in ("train", "val"))
    except (RuntimeError, OSError) as error:
        asked = " and cannot be downloaded" if where.download else ""
        raise SpecError(
            f"ImageNet is not in {root}{asked}: {str(error).splitlines()[0]}",
            hint="put ILSVRC2012_devkit_t12.tar.gz, ILSVRC2012_img_train.tar and "
            "ILSVRC2012_img_val.tar there, or use --data imagefolder:PATH; it cannot be "
            "downloaded without an account",
        ) from error
    classes = tuple(names[0] for names in train.classes)
    return FolderSet("imagenet", classes, MEAN, STD, train, test)


def image_folder(path: str) -> FolderSet:
    """``PATH/train/CLASS/*.jpg`` and ``PATH/val/CLASS/*.jpg`` (or ``test``). Raises SpecError."""
    if not path:
        raise SpecError("imagefolder: needs the path of a folder", hint="--data imagefolder:PATH")
    root = Path(path)
    held_out = root / "val" if (root / "val").is_dir() else root / "test"
    expected = f"expected {root}/train/CLASS/IMAGE and {root}/val/CLASS/IMAGE (or test)"
    try:
        train, test = datasets.ImageFolder(root / "train"), datasets.ImageFolder(held_out)
    except OSError as error:
        raise SpecError(f"no images in {root}: {error}".splitlines()[0], hint=expected) from error
    if train.classes != test.classes:
        odd = sorted(set(train.classes) ^ set(test.classes))
        raise SpecError(
            f"training and held-out images in {root} differ in classes: {', '.join(odd)}",
            hint=expected,
        )
    return FolderSet(f"imagefolder:{path}", tuple(train.classes), MEAN, STD, train, test)
