"""Random changes of a whole batch of images at once, on whatever device it lies.

Everything here is pure: the random numbers come in as ``draws``, one row of uniform numbers
in [0, 1) for each image. The same draws give the same images on any number of devices.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mgiad_dsl.train.data.autoaugment import Policy, autoaugment
from mgiad_dsl.train.data.sets import ImageSet
from mgiad_dsl.train.recipes.recipe import Recipe

CROP, FLIP, CUTOUT, POLICY = slice(0, 2), 2, slice(3, 5), slice(5, 10)
DRAWS = 10


class Augment:
    """Crop, flip, AutoAugment, normalise, cutout: what a recipe asks for.

    Maps uint8 images (n, C, H, W) with draws (n, ``DRAWS``) to float32 images. Everything
    it needs is made when it is: a call only computes, and can be compiled.
    """

    def __init__(self, data: ImageSet, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.mean = torch.tensor(data.mean, device=device)
        self.std = torch.tensor(data.std, device=device)
        self.policy = Policy.cifar10(data.shape[1:], device) if recipe.autoaugment else None

    def __call__(self, pixels: Tensor, draws: Tensor) -> Tensor:
        recipe = self.recipe
        if recipe.crop or recipe.flip:
            fill = recipe.fill if recipe.padding == "constant" else None
            flip = draws[:, FLIP] < 0.5 if recipe.flip else None
            pixels = crop(pixels, draws[:, CROP], recipe.crop, fill, flip)
        if self.policy:
            pixels = autoaugment(pixels, draws[:, POLICY], self.policy)
        images = normalise(pixels, self.mean, self.std)
        return cutout(images, draws[:, CUTOUT], recipe.cutout) if recipe.cutout else images


def crop(
    pixels: Tensor, draws: Tensor, margin: int, fill: int | None, flip: Tensor | None = None
) -> Tensor:
    """Shift each image by -margin..margin in both directions, then mirror where ``flip``.

    The same as padding by ``margin`` and cutting a random window out. What comes from outside
    is ``fill``, or the reflected image if ``fill`` is None. Draws (n, 2).
    """
    _, _, height, width = pixels.shape
    offsets = (draws * (2 * margin + 1)).long() - margin
    rows = offsets[:, :1] + torch.arange(height, device=pixels.device)
    columns = offsets[:, 1:] + torch.arange(width, device=pixels.device)
    if flip is not None:
        columns = torch.where(flip[:, None], columns.flip(1), columns)
    image = torch.arange(len(pixels), device=pixels.device)[:, None, None]
    inside_rows, inside_columns = reflect(rows, height), reflect(columns, width)
    moved = pixels.permute(0, 2, 3, 1)[image, inside_rows[:, :, None], inside_columns[:, None, :]]
    if fill is not None:
        outside = (rows != inside_rows)[:, :, None] | (columns != inside_columns)[:, None, :]
        moved = moved.masked_fill(outside[..., None], fill)
    return moved.permute(0, 3, 1, 2)


def reflect(index: Tensor, size: int) -> Tensor:
    """Reflect indices at 0 and size - 1 without repeating the edge, as reflect padding does."""
    return (size - 1) - ((size - 1) - index.abs()).abs()


def cutout(images: Tensor, draws: Tensor, side: int) -> Tensor:
    """Zero a square around a random pixel (DeVries and Taylor 2017) of normalised images.

    Zero is the mean. The square may stick out of the image. Draws (n, 2).
    """
    _, _, height, width = images.shape
    top = (draws[:, :1] * height).long() - side // 2
    left = (draws[:, 1:] * width).long() - side // 2
    rows = torch.arange(height, device=images.device)
    columns = torch.arange(width, device=images.device)
    hole_rows = (rows >= top) & (rows < top + side)
    hole_columns = (columns >= left) & (columns < left + side)
    hole = hole_rows[:, None, :, None] & hole_columns[:, None, None, :]
    return images.masked_fill(hole, 0.0)


def normalise(pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 (n, C, ...) to float32 with (x / 255 - mean) / std; mean and std are (C,)."""
    channels = (-1, *[1] * (pixels.ndim - 2))
    scale = (1 / (255 * std)).view(channels)
    shift = (mean / std).view(channels)
    return pixels.float() * scale - shift
