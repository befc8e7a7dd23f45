"""Mixup and cutmix: images of a batch mixed with their neighbours in it, and their labels too."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms import v2

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.machine.rng import seeded
from mgiad_dsl.train.machine.seeds import seed_for
from mgiad_dsl.train.recipes.recipe import Recipe

MIXING = 1  # sets its random numbers apart from those of a DataLoader


class Mixing:
    """Mixup (Zhang et al., ICLR 2018) and cutmix (Yun et al., ICCV 2019) as a recipe wants them.

    By torchvision, which draws from the global generator of the CPU: that is seeded for each
    batch, and put back. If a recipe has both, one of them is drawn for each batch.
    """

    def __init__(self, recipe: Recipe, classes: int, seed: int) -> None:
        self.seed, self.classes = seed, classes
        kinds: list[v2.Transform] = []
        if recipe.mixup:
            kinds.append(v2.MixUp(alpha=recipe.mixup, num_classes=classes))
        if recipe.cutmix:
            kinds.append(v2.CutMix(alpha=recipe.cutmix, num_classes=classes))
        self.mix = v2.RandomApply([v2.RandomChoice(kinds)], p=recipe.mix_probability)

    def __call__(self, images: Tensor, labels: Tensor, *place: int) -> tuple[Tensor, Tensor]:
        """Images (n, C, H, W) and labels (n,), mixed: targets (n, classes) that sum to 1, also
        where nothing was mixed. ``place`` is where in training the batch stands.

        Raises SpecError if the labels are no classes of images.
        """
        if images.ndim != 4 or labels.ndim != 1 or labels.is_floating_point():
            raise SpecError("mixup and cutmix mix images of classes", hint="mixup=0 cutmix=0")
        with seeded(seed_for(self.seed, *place, MIXING)):
            mixed, targets = self.mix(images, F.one_hot(labels, self.classes).float())
        return mixed, targets


def heaviest(targets: Tensor) -> Tensor:
    """The label of each image (n,); of a mixed one, that with the largest share."""
    return targets.argmax(dim=1) if targets.ndim == 2 else targets
