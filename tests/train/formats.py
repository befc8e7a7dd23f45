"""Small data sets written in the published file formats."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision import datasets


def random_images(n: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *shape), dtype=np.uint8)


def write_cifar(folder: Path, reader: type, monkeypatch, per_file: int = 40) -> np.ndarray:
    """Python 2 pickles of dicts, as published; the MD5 sums torchvision checks become theirs.

    Returns all training images (n, 3, 32, 32). The class of an image is its number modulo
    the number of classes.
    """
    base = folder / reader.base_folder
    base.mkdir(parents=True)
    fine = reader is datasets.CIFAR100
    classes = 100 if fine else 10

    def write(name: str, content: dict) -> str:
        data = pickle.dumps(content, protocol=2)
        (base / name).write_bytes(data)
        return hashlib.md5(data).hexdigest()

    def batches(entries: list, key: str) -> list:
        return [[name, write(name, batch(key))] for name, _ in entries]

    def batch(key: str) -> dict:
        pixels = random_images(per_file, (3 * 32 * 32,))
        return {"data": pixels, key: [i % classes for i in range(per_file)]}

    key = "fine_labels" if fine else "labels"
    names = [f"class {i}" for i in range(classes)]
    meta = reader.meta | {"md5": write(reader.meta["filename"], {reader.meta["key"]: names})}
    monkeypatch.setattr(reader, "train_list", batches(reader.train_list, key))
    monkeypatch.setattr(reader, "test_list", batches(reader.test_list, key))
    monkeypatch.setattr(reader, "meta", meta)
    return batch(key)["data"].reshape(-1, 3, 32, 32)


def write_mnist(folder: Path, name: str, n: int = 60) -> np.ndarray:
    """IDX files: magic number, sizes, bytes. Returns the images (n, 28, 28)."""
    base = folder / name / "raw"
    base.mkdir(parents=True)
    pixels = random_images(n, (28, 28))
    labels = bytes(i % 10 for i in range(n))
    for part in ("train", "t10k"):
        images = struct.pack(">IIII", 0x803, n, 28, 28) + pixels.tobytes()
        (base / f"{part}-images-idx3-ubyte").write_bytes(images)
        (base / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, n) + labels)
    return pixels


def zip_mnist(folder: Path, name: str, monkeypatch) -> None:
    """Turn the files into the .gz files that are downloaded, in ``folder`` itself."""
    resources = []
    reader = getattr(datasets, name)
    for file, _ in reader.resources:
        plain = folder / name / "raw" / Path(file).stem
        data = gzip.compress(plain.read_bytes())
        (folder / file).write_bytes(data)
        plain.unlink()
        resources.append((file, hashlib.md5(data).hexdigest()))
    monkeypatch.setattr(reader, "resources", resources)


def write_folder(root: Path, parts: tuple[str, str] = ("train", "val"), n: int = 6) -> None:
    """JPEG files of several sizes, in folders by class; the class shows in the colour."""
    generator = np.random.default_rng(0)
    for part in parts:
        for number, name in enumerate(("n01", "n02")):
            (root / part / name).mkdir(parents=True)
            for i in range(n):
                height, width = generator.integers(40, 80, 2)
                pixels = generator.integers(0, 100, (height, width, 3), dtype=np.uint8)
                pixels[..., number] += 150
                Image.fromarray(pixels).save(root / part / name / f"{i}.jpeg")


def write_imagenet(root: Path) -> None:
    """What torchvision leaves after unpacking ImageNet's archives."""
    write_folder(root)
    names = {"n01": ("tench", "Tinca tinca"), "n02": ("goldfish",)}
    torch.save((names, ["n01"] * 6 + ["n02"] * 6), root / "meta.bin")
