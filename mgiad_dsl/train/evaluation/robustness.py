"""Accuracy on images that are corrupted, or changed by an adversary.

All work on pixels in 0..1; the model must normalise by itself (see ``Normalised``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.transforms.v2.functional import gaussian_blur

from mgiad_dsl.train.machine.seeds import generator_for

Change = Callable[[Tensor, float, torch.Generator], Tensor]

Batch = tuple[Tensor, Tensor]  # pixels (n, C, H, W) in 0..1, labels (n,)

EPSILONS = (2 / 255, 4 / 255, 8 / 255)  # largest change of a pixel, in 0..1
PGD_STEPS = 10


class Normalised(nn.Module):
    """A model of normalised images as one of pixels in 0..1."""

    mean: Tensor
    std: Tensor

    def __init__(self, model: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("std", torch.tensor(std))

    def forward(self, pixels: Tensor) -> Tensor:
        channels = (-1, *[1] * (pixels.ndim - 2))
        return self.model((pixels - self.mean.view(channels)) / self.std.view(channels))


def noise(pixels: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    random = torch.randn(pixels.shape, generator=generator).to(pixels.device)
    return (pixels + deviation * random).clamp(0, 1)


def blur(pixels: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    """With the border repeated, and a kernel that reaches four deviations."""
    reach = round(4 * deviation)
    padded = F.pad(pixels, [reach] * 4, mode="replicate")
    width = 2 * reach + 1
    for kernel in ([width, 1], [1, width]):  # along rows, then columns: much less work
        padded = gaussian_blur(padded, kernel, [deviation] * 2)
    return padded[..., reach:-reach, reach:-reach].clamp(0, 1)


def brightness(pixels: Tensor, by: float, generator: torch.Generator) -> Tensor:
    """Raises the value in HSV, which is the largest of the channels; black becomes grey."""
    value = pixels.amax(dim=1, keepdim=True)
    raised = (value + by).clamp(0, 1)
    return torch.where(value > 0, pixels * (raised / value), raised)


def contrast(pixels: Tensor, factor: float, generator: torch.Generator) -> Tensor:
    mean = pixels.mean(dim=(2, 3), keepdim=True)
    return ((pixels - mean) * factor + mean).clamp(0, 1)


# Five severities each: those of CIFAR-10-C and ImageNet-C (Hendrycks and Dietterich, ICLR 2019),
# from make_cifar_c.py and make_imagenet_c.py in github.com/hendrycks/robustness. The images are
# not rounded to bytes afterwards, nor stored as JPEG, as they are there.
SMALL: dict[str, tuple[Change, tuple[float, ...]]] = {
    "gaussian noise": (noise, (0.04, 0.06, 0.08, 0.09, 0.10)),
    "gaussian blur": (blur, (0.4, 0.6, 0.7, 0.8, 1.0)),
    "brightness": (brightness, (0.05, 0.1, 0.15, 0.2, 0.3)),
    "contrast": (contrast, (0.75, 0.5, 0.4, 0.3, 0.15)),
}
LARGE: dict[str, tuple[Change, tuple[float, ...]]] = {
    "gaussian noise": (noise, (0.08, 0.12, 0.18, 0.26, 0.38)),
    "gaussian blur": (blur, (1, 2, 3, 4, 6)),
    "brightness": (brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": (contrast, (0.4, 0.3, 0.2, 0.1, 0.05)),
}


def corruptions(size: int) -> dict[str, tuple[Change, tuple[float, ...]]]:
    """Corruptions and their five severities for images of this height."""
    return SMALL if size < 64 else LARGE


def corrupted(batches: Iterable[Batch], change: Change, severity: float) -> Iterator[Batch]:
    """Batches with a corruption; the same random numbers every time and on every device."""
    generator = generator_for(0)
    for pixels, labels in batches:
        yield change(pixels, severity, generator), labels


def attacked(
    model: nn.Module, batches: Iterable[Batch], epsilon: float, steps: int
) -> Iterator[Batch]:
    """Batches changed by at most ``epsilon`` in each pixel so as to raise the loss.

    One step is FGSM (Goodfellow et al., ICLR 2015); more are PGD from a random start with
    steps of 2.5 epsilon / steps (Madry et al., ICLR 2018). The model should be in evaluation
    mode; its parameters get no gradients.
    """
    generator, length = generator_for(0), epsilon if steps == 1 else 2.5 * epsilon / steps
    for pixels, labels in batches:
        changed = pixels
        if steps > 1:
            start = torch.rand(pixels.shape, generator=generator).to(pixels.device)
            changed = (pixels + epsilon * (2 * start - 1)).clamp(0, 1)
        for _ in range(steps):
            changed = changed + length * uphill(model, changed, labels)
            changed = torch.clamp(changed, pixels - epsilon, pixels + epsilon).clamp(0, 1)
        yield changed, labels


def uphill(model: nn.Module, pixels: Tensor, labels: Tensor) -> Tensor:
    """Sign of the gradient of the loss by the pixels."""
    with torch.enable_grad():
        pixels = pixels.detach().requires_grad_(True)
        loss = F.cross_entropy(model(pixels).float(), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, pixels)
    return gradient.sign()
