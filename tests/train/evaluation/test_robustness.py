"""Corruptions and attacks, compared with other implementations and with what they promise."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from mgiad_dsl.train import evaluate
from mgiad_dsl.train.evaluation.robustness import (
    EPSILONS,
    LARGE,
    SMALL,
    Normalised,
    attacked,
    blur,
    brightness,
    corrupted,
    corruptions,
    noise,
)
from tests.train.small_cycle import SmallCycle

META = torch.device("meta")


def photos(n: int = 20, channels: int = 3, size: int = 8) -> torch.Tensor:
    return torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [8, 64])
def test_corruptions_grow_and_stay_in_range(size) -> None:
    pixels = photos(size=size)
    for change, severities in corruptions(size).values():
        assert len(severities) == 5
        distances = []
        for severity in severities:
            ((changed, _),) = corrupted([(pixels, torch.zeros(20))], change, severity)
            assert changed.min() >= 0
            assert changed.max() <= 1
            distances.append((changed - pixels).norm().item())
        assert distances == sorted(distances)


def test_attacks_stay_near_and_do_harm() -> None:
    torch.manual_seed(0)
    pixels = torch.rand(64, 1, 4, 4)
    model = Normalised(nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), [0.5], [0.25])
    labels = model(pixels).argmax(dim=1)
    batches = [(pixels, labels)]
    assert evaluate(model, batches).accuracy == 1
    losses = []
    for steps in (1, 10):
        ((changed, _),) = attacked(model, batches, 0.1, steps)
        assert (changed - pixels).abs().max() <= 0.1 + 1e-6
        assert changed.min() >= 0
        assert changed.max() <= 1
        scores = evaluate(model, attacked(model, batches, 0.1, steps))
        assert scores.accuracy < 0.9
        losses.append(scores.loss)
    assert losses[1] >= losses[0] - 1e-3  # of a linear model, FGSM is the strongest attack


def test_severities_are_the_published_ones() -> None:
    assert {name: severities for name, (_, severities) in SMALL.items()} == {
        "gaussian noise": (0.04, 0.06, 0.08, 0.09, 0.10),
        "gaussian blur": (0.4, 0.6, 0.7, 0.8, 1.0),
        "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
        "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    }
    assert {name: severities for name, (_, severities) in LARGE.items()} == {
        "gaussian noise": (0.08, 0.12, 0.18, 0.26, 0.38),
        "gaussian blur": (1, 2, 3, 4, 6),
        "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),
        "contrast": (0.4, 0.3, 0.2, 0.1, 0.05),
    }
    assert [round(255 * epsilon) for epsilon in EPSILONS] == [2, 4, 8]


@pytest.mark.parametrize("deviation", [0.4, 0.7, 1.0, 6])
def test_blur_is_that_of_scipy(deviation) -> None:
    """skimage's filter, which CIFAR-10-C was made with, calls this one with these arguments."""
    pixels = photos(2)
    ours = blur(pixels, deviation, torch.Generator())
    for image, expected in zip(ours.numpy(), pixels.numpy(), strict=True):
        for channel, values in zip(image, expected, strict=True):
            theirs = gaussian_filter(values, deviation, mode="nearest", truncate=4)
            np.testing.assert_allclose(channel, theirs, atol=1e-5)


@pytest.mark.parametrize("by", [0.05, 0.5])
def test_brightness_raises_the_value_in_hsv(by) -> None:
    pixels = photos(2)
    pixels[0, :, 0, 0], pixels[0, :, 0, 1] = 0, 1  # black and white
    ours = brightness(pixels, by, torch.Generator()).permute(0, 2, 3, 1).reshape(-1, 3)
    for changed, colour in zip(ours, pixels.permute(0, 2, 3, 1).reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*colour.tolist())
        expected = colorsys.hsv_to_rgb(hue, saturation, min(1, value + by))
        assert changed.tolist() == pytest.approx(expected, abs=1e-5)


def test_random_numbers_do_not_depend_on_batches() -> None:
    pixels, labels = photos(6), torch.zeros(6, dtype=torch.int64)
    torch.manual_seed(0)
    model = Normalised(nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), [0.5], [0.25])
    whole = [(pixels, labels)]
    parts = [(pixels[:4], labels[:4]), (pixels[4:], labels[4:])]

    def joined(batches) -> torch.Tensor:
        return torch.cat([images for images, _ in batches])

    changed = joined(corrupted(whole, noise, 0.1))
    assert not torch.equal(changed, pixels)
    assert torch.equal(joined(corrupted(parts, noise, 0.1)), changed)
    torch.testing.assert_close(
        joined(attacked(model, parts, 0.1, 2)), joined(attacked(model, whole, 0.1, 2))
    )
    assert not torch.equal(*(joined(attacked(model, whole, 0.1, steps)) for steps in (1, 2)))


@pytest.mark.parametrize("steps", [1, 2])
def test_attacks_leave_the_model_alone_and_are_in_float32(steps) -> None:
    model = Normalised(SmallCycle(8, 3), [0.5], [0.25])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    seen = []
    model.model.W.register_forward_hook(
        lambda module, _, out: seen.append((out.dtype, out.grad_fn))
    )
    batches = [(photos(), torch.zeros(20, dtype=torch.int64))]
    precision = torch.autocast("cpu", torch.bfloat16)
    evaluate(model.train(), attacked(model, batches, 0.1, steps), precision=precision)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(weight.grad is None for weight in model.parameters())
    # the gradients, and then the answers, for which the recipe's precision holds
    assert [dtype for dtype, _ in seen] == [torch.float32] * steps + [torch.bfloat16]
    assert [function is not None for _, function in seen] == [True] * steps + [False]


def test_one_step_of_fgsm_by_hand() -> None:
    """The loss of a linear model of two classes rises against the difference of its weights."""
    linear = nn.Linear(4, 2, bias=False)
    model = Normalised(nn.Sequential(nn.Flatten(), linear), [0.5], [0.25])
    pixels = torch.tensor([0.5, 0.0, 1.0, 0.5]).view(1, 1, 2, 2)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[1.0, 1.0, -1.0, -1.0], [0, 0, 0, 0]]))
    epsilon = 8 / 255
    ((changed, _),) = attacked(model, [(pixels, torch.tensor([0]))], epsilon, 1)
    expected = torch.tensor([0.5 - epsilon, 0.0, 1.0, 0.5 + epsilon])
    torch.testing.assert_close(changed.flatten(), expected)


@pytest.mark.parametrize("size", [8, 64])
def test_everything_is_computed_where_the_images_are(size) -> None:
    batches = [(photos(2, size=size).to(META), torch.zeros(2, dtype=torch.int64, device=META))]
    model = Normalised(SmallCycle(8, 3), [0.5], [0.25]).eval().to(META)
    made = [corrupted(batches, change, levels[0]) for change, levels in corruptions(size).values()]
    made += [attacked(model, batches, 0.1, steps) for steps in (1, 2)]
    for ((images, labels),) in made:
        assert images.device == labels.device == META
        assert images.dtype == torch.float32
