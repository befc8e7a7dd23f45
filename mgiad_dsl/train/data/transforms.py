"""Augmentation of single images in workers, by torchvision."""

from __future__ import annotations

from torch.utils.data import Dataset
from torchvision.transforms import v2

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Images
from mgiad_dsl.train.recipes.recipe import Recipe

Size = tuple[int, int]


class PilImages(Dataset):
    """Images in memory as a dataset of (PIL image, label)."""

    def __init__(self, images: Images) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images.labels)

    def __getitem__(self, index: int) -> tuple[object, int]:
        pixels = v2.functional.to_pil_image(self.images.pixels[index])
        return pixels, int(self.images.labels[index])


def small_images(recipe: Recipe, size: Size) -> v2.Transform:
    """What ``augment`` does in batches, for one PIL image, as published: crop, flip, policy."""
    if recipe.cutout:
        raise SpecError("cutout works on the device only", hint="--with augment_on=device")
    steps: list[v2.Transform] = []
    if recipe.crop:
        steps.append(
            v2.RandomCrop(size, recipe.crop, fill=recipe.fill, padding_mode=recipe.padding)
        )
    if recipe.flip:
        steps.append(v2.RandomHorizontalFlip())
    if recipe.autoaugment:
        steps.append(v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10))
    return v2.Compose([*steps, v2.PILToTensor()])


def photographs(recipe: Recipe, size: Size) -> v2.Transform:
    """A random part of an image resized, and flipped."""
    off = {"crop": "0", "cutout": "0", "autoaugment": "false"}
    names = [name for name in off if getattr(recipe, name)]
    if names:
        changes = " ".join(f"{name}={off[name]}" for name in names)
        raise SpecError(
            f"recipe {recipe.name} has {' and '.join(names)}, for small images of one size; "
            "image files stream with RandomResizedCrop and flip",
            hint=f"--with {changes}, or --augment none for no flip either",
        )
    flip = [v2.RandomHorizontalFlip()] if recipe.flip else []
    return v2.Compose([v2.RandomResizedCrop(size, antialias=True), *flip, v2.PILToTensor()])


def centred(size: Size) -> v2.Transform:
    """The middle of an image, for evaluation: 224 pixels of 256, as is usual for ImageNet."""
    larger = round(min(size) * 256 / 224)
    return v2.Compose([v2.Resize(larger, antialias=True), v2.CenterCrop(size), v2.PILToTensor()])
