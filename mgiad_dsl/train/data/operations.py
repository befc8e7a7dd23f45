"""Image operations for a batch, each image with parameters of its own.

Every one is of one of three kinds: pixels move, images are blended with a version of
themselves, or values go through a table. The arithmetic is that of torchvision's operations
on uint8 tensors, step by step, so that results agree exactly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Operation(NamedTuple):
    """Parameters of all kinds of operations: numbers for one image, tensors (n, ...) for n."""

    matrix: Any  # 6 numbers: affine map of centred positions to where values come from
    colour: Any  # weight of the image against its grey version
    sharpness: Any  # ... against its smoothed version
    brightness: Any  # ... against black
    contrast: Any  # ... against its mean grey
    mask: Any  # bits of a value that are kept
    threshold: Any  # values from here on are inverted
    stretch: Any  # spread values over 0..255
    equalize: Any  # make all values equally frequent


NEUTRAL = Operation((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 1.0, 1.0, 1.0, 1.0, 255, 256.0, False, False)


def apply(pixels: Tensor, operation: Operation) -> Tensor:
    """All operations with their parameters, on uint8 images (n, 1 or 3, H, W)."""
    images = move(pixels.float(), operation.matrix)
    if images.shape[1] == 3:
        images = blend(images, grey(images), operation.colour)
    images = blend(images, smooth(images), operation.sharpness)
    table = tone_table(images, operation)
    return look_up(table, images.long()).to(torch.uint8)


def move(images: Tensor, matrix: Tensor) -> Tensor:
    """Nearest value at the mapped positions, 0 from outside. Matrix (n, 6)."""
    _, _, height, width = images.shape
    x = torch.arange(width, device=images.device) + (0.5 - width / 2)
    y = torch.arange(height, device=images.device)[:, None] + (0.5 - height / 2)
    across, down = matrix.float().view(-1, 2, 3).unbind(dim=1)

    def mapped(row: Tensor, size: int) -> Tensor:
        """a x + b y + c in units of half the size; no matmul, which may round to TF32."""
        a, b, c = (row / (size / 2))[:, :, None, None].unbind(dim=1)
        return x * a + y * b + c

    grid = torch.stack([mapped(across, width), mapped(down, height)], dim=-1)
    return F.grid_sample(images, grid, mode="nearest", align_corners=False)


def blend(images: Tensor, others: Tensor, weight: Tensor) -> Tensor:
    """weight * image + (1 - weight) * other, cut to 0..255 and rounded down. Weight (n,)."""
    weight = weight.double().view(-1, 1, 1, 1)
    mixed = weight.float() * images + (1 - weight).float() * others
    return mixed.clamp(0, 255).trunc()


def grey(images: Tensor) -> Tensor:
    """Luminance (n, 1, H, W) of RGB images, rounded down."""
    red, green, blue = images.split(1, dim=1)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).trunc()


def smooth(images: Tensor) -> Tensor:
    """Weighted mean of 3x3 pixels, the middle one five times; the border stays."""
    n, channels, height, width = images.shape
    if min(height, width) <= 2:
        return images
    flat = images.reshape(n * channels, 1, height, width)
    sums = 9 * F.avg_pool2d(flat, 3, stride=1) + 4 * flat[:, :, 1:-1, 1:-1]
    inner = (sums / 13).round().view(n, channels, height - 2, width - 2)
    result = images.clone()
    result[:, :, 1:-1, 1:-1] = inner
    return result


def tone_table(images: Tensor, operation: Operation) -> Tensor:
    """New value (n, C, 256) of each old one, after all operations that only depend on it."""
    n, channels = images.shape[:2]
    values = torch.arange(256.0, device=images.device).expand(n, channels, 256)
    black = torch.zeros_like(values)
    luminance = grey(images) if channels == 3 else images
    mean = luminance.mean(dim=(1, 2, 3)).view(-1, 1, 1)
    table = blend(values[..., None], black[..., None], operation.brightness)[..., 0]
    table = blend(table[..., None], mean[..., None], operation.contrast)[..., 0]
    table = (table.long() & operation.mask.view(-1, 1, 1)).float()
    inverted = table >= operation.threshold.view(-1, 1, 1)
    table = torch.where(inverted, 255 - table, table)
    table = torch.where(operation.stretch.view(-1, 1, 1), stretched(images, values), table)
    return torch.where(operation.equalize.view(-1, 1, 1), equalized(images, values), table)


def stretched(images: Tensor, values: Tensor) -> Tensor:
    """Table that spreads each channel over 0..255; a channel of one value stays."""
    lowest = images.amin(dim=(2, 3))[..., None]
    scale = 255 / (images.amax(dim=(2, 3))[..., None] - lowest)
    table = ((values - lowest) * scale).clamp(0, 255).trunc()
    return torch.where(scale.isfinite(), table, values)


def equalized(images: Tensor, values: Tensor) -> Tensor:
    """Table that makes the values of each channel equally frequent (histogram equalisation)."""
    flat = images.flatten(2).long()
    counts = torch.zeros(values.shape, dtype=torch.long, device=images.device)
    counts.scatter_add_(2, flat, torch.ones_like(flat))
    of_largest = counts.gather(2, flat.amax(dim=2, keepdim=True))
    step = (flat.shape[2] - of_largest) // 255
    below = counts.cumsum(dim=2) - counts  # pixels darker than each value
    table = ((below + step // 2) // step.clamp(min=1)).clamp(0, 255)
    # torchvision's table starts at 0 whatever step // 2 is
    table[..., 0] = 0
    return torch.where(step > 0, table.float(), values)


def look_up(table: Tensor, images: Tensor) -> Tensor:
    return table.gather(2, images.flatten(2)).view(images.shape)
