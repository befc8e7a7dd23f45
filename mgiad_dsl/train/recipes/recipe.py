"""Recipes: how to train, as plain data with a range for every number."""

from __future__ import annotations

import json
import textwrap
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from typing_extensions import Self

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.train.recipes.ranges import wrong_fields

FOLDER = files("mgiad_dsl.train.recipes")

RECIPE_FILE = 'a recipe file holds fields in JSON, such as {"epochs": 5, "lr": 0.05}'

_NONE: dict[str, object] = {
    "crop": 0,
    "flip": False,
    "cutout": 0,
    "autoaugment": False,
    "mixup": 0,
    "cutmix": 0,
}
_CROP_AND_FLIP = _NONE | {"crop": 4, "flip": True}
AUGMENTATIONS: dict[str, dict[str, object]] = {
    "none": _NONE,
    "light": _CROP_AND_FLIP | {"padding": "reflect"},
    "paper": _CROP_AND_FLIP | {"padding": "constant", "fill": 128, "autoaugment": True},
}

# the parameters that each optimiser has of its own, besides the learning rate and the decay
OPTIMISERS: dict[str, tuple[str, ...]] = {
    "sgd": ("momentum", "nesterov"),
    "adamw": ("betas", "eps"),
    "rmsprop": ("momentum", "alpha", "eps"),
}
OWN = tuple(dict.fromkeys(name for names in OPTIMISERS.values() for name in names))

Fraction = Annotated[float, Field(ge=0, lt=1)]


class Recipe(BaseModel):
    """Everything that decides how a network is trained, except data, seed and hardware.

    Raises:
        SpecError: a parameter of another optimiser is set, or one that is not SGD has no rate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = "custom"
    description: str = ""

    epochs: int = Field(default=10, ge=1)
    batch: int = Field(default=128, ge=1, description="images per optimiser step, over all devices")
    accumulate: int = Field(
        default=1, ge=1, description="parts a device takes its share of a batch in"
    )

    optimiser: Literal["sgd", "adamw", "rmsprop"] = "sgd"
    lr: float = Field(default=0.1, ge=0, description="peak learning rate")
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    schedule_by: Literal["step", "epoch"] = "step"
    warmup: float = Field(default=0.0, ge=0, description="epochs of linear rise to lr")
    momentum: Fraction = Field(default=0.9, description="of sgd and rmsprop")
    nesterov: bool = Field(default=False, description="of sgd")
    betas: tuple[Fraction, Fraction] = Field(default=(0.9, 0.999), description="of adamw")
    alpha: Fraction = Field(default=0.99, description="of rmsprop")
    eps: float = Field(default=1e-8, gt=0, description="of adamw and rmsprop")
    weight_decay: float = Field(default=1e-4, ge=0)
    decay_norms: bool = Field(default=True, description="decay norm weights and biases too")
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    loss: Literal["auto", "l2", "h1", "residual"] = Field(
        default="auto", description="of fields: relative error, or the residual of a solver"
    )
    cycles: int = Field(default=1, ge=1, description="cycles of a solver that its loss looks at")
    clip: float | None = Field(default=None, gt=0, description="largest L2 norm of the gradient")
    ema: float | None = Field(
        default=None, gt=0, lt=1, description="decay of averaged weights, per step"
    )

    blend: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="how far from the first weights to the trained ones those lie that count",
    )

    crop: int = Field(default=0, ge=0, description="random crop after padding by so many pixels")
    padding: Literal["reflect", "constant"] = "reflect"
    fill: int = Field(default=0, ge=0, le=255, description="grey level of constant padding")
    flip: bool = False
    cutout: int = Field(default=0, ge=0, description="side of a square set to the mean, in pixels")
    autoaugment: bool = Field(default=False, description="AutoAugment, the CIFAR-10 policy")
    mixup: float = Field(default=0.0, ge=0, description="alpha of mixup; 0 for none")
    cutmix: float = Field(default=0.0, ge=0, description="alpha of cutmix; 0 for none")
    mix_probability: float = Field(default=1.0, gt=0, le=1, description="of a batch to be mixed")
    augment_on: Literal["device", "workers"] = "device"

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    tf32: bool = True
    channels_last: Literal["auto"] | bool = Field(
        default=False, description="memory layout of images; auto: where it is faster"
    )
    compile: Literal["auto"] | bool = Field(
        default=False, description="the repeated steps; auto: on a GPU, if training takes long"
    )
    cuda_graph: bool = Field(
        default=False, description="forward and backward as one launch, by one process on a GPU"
    )
    sync_batchnorm: bool = False

    eval_every: int = Field(default=1, ge=1, description="epochs between evaluations")
    keep: Literal["last", "best"] = Field(
        default="last", description="best: the weights of the best epoch evaluated, besides"
    )

    @model_validator(mode="after")
    def _suits_its_optimiser(self) -> Self:
        own = OPTIMISERS[self.optimiser]
        if foreign := [name for name in foreign_to(self.optimiser) if not self._is_default(name)]:
            raise SpecError(
                f"recipe: {self.optimiser} has no {', '.join(foreign)}",
                hint=f"of its own it has {', '.join(own)}",
            )
        if self.optimiser != "sgd" and "lr" not in self.model_fields_set:
            raise SpecError(
                f"recipe: {self.optimiser} needs a learning rate of its own",
                hint=f"for instance --with optimiser={self.optimiser} lr=0.001",
            )
        return self

    def _is_default(self, name: str) -> bool:
        return bool(getattr(self, name) == type(self).model_fields[name].default)

    def __str__(self) -> str:
        """Name and fields, wrapped, as ``--with`` takes them; not those of other optimisers."""
        fields = self.model_dump(exclude={"name", "description", *foreign_to(self.optimiser)})
        words = " ".join(
            f"{key}={json.dumps(value, separators=(',', ':'))}" for key, value in fields.items()
        )
        return f"recipe {self.name}\n" + textwrap.indent(textwrap.fill(words, 96), "  ")

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"


def foreign_to(optimiser: str) -> list[str]:
    """The parameters that only other optimisers have."""
    return [name for name in OWN if name not in OPTIMISERS[optimiser]]


def recipe_names() -> list[str]:
    """Names of the recipes in the package, sorted."""
    names = [entry.name for entry in FOLDER.iterdir()]
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def load_recipe(name: str, changes: dict[str, object] | None = None) -> Recipe:
    """A recipe of the package by name, or a JSON file by path, with some fields changed.

    With another optimiser, the learning rate and the parameters of the former are forgotten.

    Raises SpecError for an unknown recipe, an unknown field or a value out of range.
    """
    fields, changes = read_fields(name), changes or {}
    fields.setdefault("name", Path(name).stem)
    former = fields.get("optimiser", "sgd")
    if changes.get("optimiser", former) != former:
        fields = {key: value for key, value in fields.items() if key not in ("lr", *OWN)}
    return check_fields({**fields, **changes})


def read_fields(name: str) -> dict[str, object]:
    if name.endswith(".json"):
        entry: object = Path(name)
    elif name in recipe_names():
        entry = FOLDER / f"{name}.json"
    else:
        raise SpecError(
            f"there is no recipe {name!r}",
            hint=f"recipes: {', '.join(recipe_names())}, or the path of a .json file",
        )
    try:
        fields = json.loads(entry.read_text())  # type: ignore[attr-defined]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot read recipe {name}: {reason}", hint=RECIPE_FILE) from error
    if not isinstance(fields, dict):
        raise SpecError(f"recipe {name} is not a JSON object of fields", hint=RECIPE_FILE)
    return fields


def check_fields(fields: dict[str, object]) -> Recipe:
    """Validate fields; raises SpecError that names every wrong one."""
    try:
        return Recipe.model_validate(fields)
    except ValidationError as error:
        raise wrong_fields(error, Recipe) from error


def parse_changes(words: list[str]) -> dict[str, object]:
    """``["lr=0.05", "flip=true", "clip=null"]`` as fields; values are JSON or bare words."""
    changes: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise SpecError(f"{word!r} is not of the form field=value", hint="--with lr=0.05")
        try:
            changes[key] = json.loads(value)
        except ValueError:
            changes[key] = value
    return changes
