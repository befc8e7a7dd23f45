"""MNIST, FashionMNIST, CIFAR-10 and CIFAR-100 in their published formats, by torchvision."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision import datasets
from torchvision.datasets.utils import check_integrity

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Images, ImageSet, Where

CLASSES = {
    "mnist": datasets.MNIST,
    "fashionmnist": datasets.FashionMNIST,
    "cifar10": datasets.CIFAR10,
    "cifar100": datasets.CIFAR100,
}
# mean and standard deviation of the training images; CIFAR's are the published recipe's
STATISTICS = {
    "mnist": ((0.1307,), (0.3081,)),
    "fashionmnist": ((0.2860,), (0.3530,)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    "cifar100": ((0.5074, 0.4867, 0.4411), (0.2011, 0.1987, 0.2025)),
}


def open_archive(name: str, where: Where) -> ImageSet:
    """Read a data set whole into memory, downloading it first if that is asked for.

    Raises SpecError that names every missing or damaged file.
    """
    reader = with_mirror(CLASSES[name], where.mirror)
    if not where.download:
        check_files(name, reader, where.folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's about the age of CIFAR's pickles
            train, test = (
                reader(where.folder, train=part, download=where.download) for part in (True, False)
            )
    except Exception as error:  # of the network, or whatever reading a damaged file raises
        reason = next(reversed(str(error).strip().splitlines()), repr(error))
        if where.download:
            hint = "--mirror URL names another folder to download from"
            raise SpecError(f"cannot get {name}: {reason}", hint=hint) from error
        raise SpecError(f"{name} in {where.folder} is damaged: {reason}") from error
    mean, std = STATISTICS[name]
    return ImageSet(name, tuple(train.classes), mean, std, images(train), images(test))


def with_mirror(reader: Any, mirror: str | None) -> Any:
    """torchvision's reader, fetching from ``mirror`` instead; MD5 sums stay what they are.

    The name stays too: MNIST's folder is called after its class.
    """
    if mirror is None:
        return reader
    base = mirror.rstrip("/") + "/"
    if issubclass(reader, datasets.MNIST):
        return type(reader.__name__, (reader,), {"mirrors": [base]})
    return type(reader.__name__, (reader,), {"url": base + reader.filename})


def check_files(name: str, reader: Any, folder: Path) -> None:
    """Raise SpecError unless all files are there, with the right MD5 sums where known.

    For MNIST these are known of the .gz files only; they are checked where they still lie.
    """
    if issubclass(reader, datasets.MNIST):
        base = folder / reader.__name__ / "raw"
        names = [Path(file).stem for file, _ in reader.resources]
        sums = [(file, md5) for file, md5 in reader.resources if (base / file).exists()]
    else:
        base = folder / reader.base_folder
        sums = [*reader.train_list, *reader.test_list]
        sums.append((reader.meta["filename"], reader.meta["md5"]))
        names = [file for file, _ in sums]
    missing = [file for file in names if not (base / file).exists()]
    if missing:
        raise SpecError(
            f"{name} is not in {base}: missing {', '.join(missing)}",
            hint="--data-dir (or MGIAD_DATA) names the folder above it; --download fetches it",
        )
    damaged = [file for file, md5 in sums if not check_integrity(base / file, md5)]
    if damaged:
        raise SpecError(
            f"{name} in {base} is damaged: wrong MD5 sum of {', '.join(damaged)}",
            hint="remove these files and fetch them again with --download",
        )


def images(dataset: Any) -> Images:
    """uint8 pixels (n, C, H, W): CIFAR holds (n, H, W, C) arrays, MNIST (n, H, W) tensors."""
    pixels: Tensor = torch.as_tensor(dataset.data)
    pixels = pixels.permute(0, 3, 1, 2) if pixels.ndim == 4 else pixels.unsqueeze(1)
    return Images(pixels.contiguous(), torch.as_tensor(dataset.targets).long())
