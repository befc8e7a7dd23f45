"""Augmentation of single images in workers, by torchvision."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.sets import Images
from mgiad_dsl.train.data.tensor_files import IGNORED
from mgiad_dsl.train.recipes.recipe import Recipe

Size = tuple[int, ...]  # height, width


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
    refuse_small_images(recipe, "image files stream with RandomResizedCrop and flip")
    flip = [v2.RandomHorizontalFlip()] if recipe.flip else []
    return v2.Compose([v2.RandomResizedCrop(size, antialias=True), *flip, v2.PILToTensor()])


def refuse_small_images(recipe: Recipe, instead: str, *more: str) -> None:
    """Raise SpecError if a recipe changes images in ways that these data cannot be changed in."""
    off = {"crop": "0", "cutout": "0", "autoaugment": "false", "flip": "false"}
    off |= {"mixup": "0", "cutmix": "0"}
    names = [name for name in ("crop", "cutout", "autoaugment", *more) if getattr(recipe, name)]
    if names:
        changes = " ".join(f"{name}={off[name]}" for name in names)
        raise SpecError(
            f"recipe {recipe.name} has {' and '.join(names)}, for small images of one size; "
            f"{instead}",
            hint=f"--with {changes}, or --augment none for no flip either",
        )


class WithMask:
    """Images and their masks changed alike: a random part, mirrored perhaps, or the whole, at
    the size of the network. Values of masks are never mixed.
    """

    def __init__(self, size: Size, classes: int, recipe: Recipe | None = None) -> None:
        self.classes = classes
        if recipe is None:
            self.change: v2.Transform = v2.Resize(size, antialias=True)
            return
        refuse_small_images(recipe, "images with masks have RandomResizedCrop and flip")
        flip = [v2.RandomHorizontalFlip()] if recipe.flip else []
        self.change = v2.Compose([v2.RandomResizedCrop(size, (0.25, 1), antialias=True), *flip])

    def __call__(self, image: object, mask: object) -> tuple[Tensor, Tensor]:
        """uint8 pixels (3, H, W) and int64 labels (H, W). Raises SpecError for a wrong mask."""
        labels = tv_tensors.Mask(v2.functional.pil_to_tensor(mask))
        pixels, labels = self.change(v2.functional.pil_to_tensor(image), labels)
        numbers = torch.as_tensor(labels).long()
        wrong = numbers[(numbers >= self.classes) & (numbers != IGNORED)]
        if len(numbers) != 1 or len(wrong):
            what = f"a pixel of class {int(wrong[0])}" if len(wrong) else f"{len(numbers)} channels"
            raise SpecError(
                f"a mask has {what}; there are classes 0 to {self.classes - 1}, and 255"
            )
        return torch.as_tensor(pixels), numbers[0]


def centred(size: Size) -> v2.Transform:
    """The middle of an image, for evaluation: 224 pixels of 256, as is usual for ImageNet."""
    larger = round(min(size) * 256 / 224)
    return v2.Compose([v2.Resize(larger, antialias=True), v2.CenterCrop(size), v2.PILToTensor()])
