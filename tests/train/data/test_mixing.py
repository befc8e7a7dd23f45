"""Mixup and cutmix: what is mixed with what, how much, and from which random numbers."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.data.mixing import Mixing, heaviest
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.tasks.classes import loss_of

IMAGES = torch.arange(1, 6, dtype=torch.float32).view(5, 1, 1, 1) * torch.ones(5, 2, 12, 10)
LABELS = torch.tensor([0, 3, 2, 2, 1])
PARTNERS, THEIRS = IMAGES.roll(1, 0), LABELS.roll(1, 0)


def mixed(place: int = 0, seed: int = 0, **fields: float) -> tuple[torch.Tensor, torch.Tensor]:
    return Mixing(Recipe(**fields), 4, seed)(IMAGES, LABELS, place)


def share(targets: torch.Tensor) -> float:
    """How much of the first image is its own."""
    return targets[0, LABELS[0]].item()


@pytest.mark.parametrize("place", range(5))
def test_mixup(place) -> None:
    images, targets = mixed(place, mixup=1)
    own = share(targets)
    torch.testing.assert_close(images, own * IMAGES + (1 - own) * PARTNERS)
    expected = own * F.one_hot(LABELS, 4) + (1 - own) * F.one_hot(THEIRS, 4)
    torch.testing.assert_close(targets, expected)


@pytest.mark.parametrize("place", range(5))
def test_cutmix(place) -> None:
    """A box comes from the other image; the labels have the shares of the areas."""
    images, targets = mixed(place, cutmix=1)
    foreign = images == PARTNERS
    assert torch.equal(images, torch.where(foreign, PARTNERS, IMAGES))
    assert torch.equal(foreign, foreign[:1, :1].expand_as(foreign))  # the same box everywhere
    box = foreign[0, 0]
    rows, columns = box.any(dim=1).sum(), box.any(dim=0).sum()
    assert box.sum() == rows * columns
    assert 1 - share(targets) == pytest.approx(box.float().mean().item(), abs=1e-6)


def test_alpha_is_that_of_the_beta_distribution() -> None:
    """Its variance is 1 / (4 (2 alpha + 1))."""
    for alpha in (0.2, 5.0):
        shares = torch.tensor([share(mixed(n, mixup=alpha)[1]) for n in range(400)])
        assert shares.mean() == pytest.approx(0.5, abs=0.06)
        assert shares.var() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.2)


def test_the_place_in_training_decides_and_nothing_else() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = mixed(7, mixup=1, cutmix=1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    for ours, theirs in zip(first, mixed(7, mixup=1, cutmix=1), strict=True):
        assert torch.equal(ours, theirs)
    for other in (mixed(8, mixup=1), mixed(7, seed=1, mixup=1)):
        assert not torch.equal(mixed(7, mixup=1)[1], other[1])


def test_of_two_kinds_one_is_drawn_and_some_batches_stay() -> None:
    found = {"mixup": 0, "cutmix": 0, "none": 0}
    for place in range(300):
        images, targets = mixed(place, mixup=1, cutmix=1, mix_probability=0.6)
        cut = ((images == IMAGES) | (images == PARTNERS)).all()
        pure = torch.equal(targets, F.one_hot(LABELS, 4).float())
        kind = "none" if pure else "cutmix" if cut else "mixup"
        found[kind] += 1
        assert kind != "none" or torch.equal(images, IMAGES)
    for kind, probability in {"mixup": 0.3, "cutmix": 0.3, "none": 0.4}.items():
        deviation = math.sqrt(300 * probability * (1 - probability))
        assert abs(found[kind] - 300 * probability) < 3 * deviation


def test_the_loss_of_mixed_labels_is_the_mix_of_their_losses() -> None:
    logits = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    _, targets = mixed(mixup=1)
    own = share(targets)
    for smoothing in (0.0, 0.1):
        ours, theirs = loss_of(logits, LABELS, smoothing), loss_of(logits, THEIRS, smoothing)
        expected = own * ours + (1 - own) * theirs
        torch.testing.assert_close(loss_of(logits, targets, smoothing), expected)


def test_the_heaviest_label() -> None:
    assert torch.equal(heaviest(LABELS), LABELS)
    shares = torch.tensor([[0.2, 0.8, 0.0], [0.6, 0.0, 0.4]])
    assert heaviest(shares).tolist() == [1, 0]


@pytest.mark.parametrize("labels", [torch.zeros(5, 12, 10).long(), torch.zeros(5)])
def test_what_has_no_classes_is_not_mixed(labels) -> None:
    with pytest.raises(SpecError, match="mix images of classes") as error:
        Mixing(Recipe(mixup=1), 4, 0)(IMAGES, labels, 0)
    assert error.value.hint == "mixup=0 cutmix=0"
