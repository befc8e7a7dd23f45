"""A study file: which networks are trained on what, how often, and within which budget."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from typing_extensions import Self

from mgiad_dsl.study.amounts import Bytes, Number
from mgiad_dsl.study.ranges import Part, Range, Scalar, Values
from mgiad_dsl.train.data.names import OF_IMAGES

MAX_SEED = 2**63 - 1  # what a generator of torch takes

Objective = Literal["figure", "weights", "macs"]  # the main one of the task: accuracy


class Budget(Part):
    """What a network may have at most: weights, multiply-adds for one image, and bytes of
    memory to train with the batch of its recipe.
    """

    weights: Number | None = None
    macs: Number | None = None
    memory: Bytes | None = None


class Search(Part):
    """How candidates are chosen, all by Optuna, and which are given up early."""

    sampler: Literal["grid", "random", "tpe", "nsgaii"] = "grid"
    trials: int | None = Field(default=None, ge=1)
    objectives: tuple[Objective, ...] = Field(default=("figure",), min_length=1)
    pruner: Literal["none", "halving", "hyperband", "median"] = "none"

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.sampler == "grid" and self.trials is not None:
            raise ValueError("`trials` goes with a sampler: a grid is trained whole")
        if self.sampler != "grid" and self.trials is None:
            raise ValueError(f"`trials` says how many candidates {self.sampler} may try")
        if self.pruner != "none" and len(self.objectives) > 1:
            raise ValueError("a pruner compares by one objective: leave the others out")
        return self


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Family(Part):
    """Networks of one colour in a figure.

    ``set`` and ``vary`` are parameters of the spec, ``with`` and ``tune`` fields of the recipe:
    those of the former have one value, those of the latter several.
    """

    name: str = Field(min_length=1)
    spec: Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]
    settings: dict[str, Scalar] = Field(default={}, alias="set")
    vary: dict[str, Values] = Field(default={})
    changes: dict[str, Any] = Field(default={}, alias="with")
    tune: dict[str, Values] = Field(default={})
    label: str | None = None

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        for one, several in ((self.settings, self.vary), (self.changes, self.tune)):
            if twice := one.keys() & several.keys():
                raise ValueError(f"`{min(twice)}` has one value and several")
        return self

    @property
    def ranges(self) -> dict[str, Range]:
        """What is a range, and no list."""
        both = {**self.vary, **self.tune}
        return {name: each for name, each in both.items() if isinstance(each, Range)}


class Published(Part):
    """A point to compare with, from the literature."""

    label: str
    family: str
    weights: Number
    accuracy: float = Field(gt=0, le=100, description="in %")
    macs: Number | None = None
    source: str


class StudyFile(Part):
    """All that a study file says.

    ``out`` is the folder of the runs, ``storage`` the URL of a database, ``save_every`` the
    seconds between checkpoints, ``robustness`` the held-out images that each trained network is
    tried on, corrupted and attacked; 0 for none.
    """

    data: str
    recipe: str
    changes: dict[str, Any] = Field(default={}, alias="with")
    seeds: tuple[Annotated[int, Field(ge=0, le=MAX_SEED)], ...] = Field(default=(0,), min_length=1)
    name: str | None = Field(default=None, min_length=1)
    out: str | None = Field(default=None, min_length=1)
    storage: str | None = Field(default=None, min_length=1)
    save_every: float = Field(default=600, ge=0)
    deterministic: bool = False
    robustness: int = Field(default=0, ge=0, description="held-out images to corrupt and attack")
    budget: Budget = Budget()
    search: Search = Search()
    families: tuple[Family, ...] = Field(alias="family", min_length=1)
    published: tuple[Published, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [family.name for family in self.families]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two families are called {twice!r}")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("`seeds` names a seed twice")
        return self

    @model_validator(mode="after")
    def _can_be_corrupted(self) -> Self:
        if self.robustness and self.data.partition(":")[0] not in OF_IMAGES:
            raise ValueError("`robustness` is for data of images with a class each")
        return self

    @model_validator(mode="after")
    def _grid_has_values(self) -> Self:
        for family in self.families if self.search.sampler == "grid" else ():
            for name, each in family.ranges.items():
                if each.step is None:
                    raise ValueError(
                        f"a grid needs values: the range of `{name}` in {family.name!r} has no "
                        "`step`"
                    )
        return self
