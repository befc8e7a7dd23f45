"""Candidates of a study: networks with the recipe that they would be trained by."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from mgiad_dsl.base.amounts import shown
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.compiler import Compiled, compile_tree, read
from mgiad_dsl.language import syntax
from mgiad_dsl.study.file import Budget, Family
from mgiad_dsl.study.labels import label
from mgiad_dsl.study.ranges import Range, Values
from mgiad_dsl.study.read import Study
from mgiad_dsl.train.recipes.recipe import Recipe

RecipeFor = Callable[[str, str, dict[str, object]], Recipe]  # of data, name, changed fields


@dataclass(frozen=True)
class Choice:
    """What is chosen: a spec of a family, and the values of what varies in it."""

    family: Family
    spec: str
    settings: Mapping[str, object]  # of the spec
    changes: Mapping[str, object]  # of the recipe

    @property
    def varied(self) -> dict[str, str]:
        return {key: text(value) for key, value in {**self.settings, **self.changes}.items()}


@dataclass(frozen=True)
class Candidate:
    """A choice that was compiled.

    ``memory`` is what training with the batch of the recipe takes, in bytes; ``over`` says what
    of the budget it exceeds.
    """

    choice: Choice
    compiled: Compiled
    recipe: Recipe
    data: str
    memory: int
    over: str | None

    @property
    def weights(self) -> int:
        return self.compiled.count.weights

    @property
    def macs(self) -> int:
        return self.compiled.count.macs

    @property
    def label(self) -> str:
        """As figures call it: ``MGiaD_{3,64}``."""
        choice = self.choice
        template = choice.family.label
        if template is None:
            name = choice.family.name
            several = len(choice.family.spec) > 1
            words = [*([choice.spec] if several else []), *choice.varied.values()]
            template = name + ("_{" + ",".join(words) + "}" if words else "")
        values = {name: text(value) for name, value in choice.family.settings.items()}
        return label(template, values | choice.varied | {"spec": choice.spec})

    @property
    def name(self) -> str:
        """As folders and tables call it: ``MGiaD width=3 c_K=64``."""
        choice = self.choice
        words = [choice.spec] if len(choice.family.spec) > 1 else []
        words += [f"{key}={value}" for key, value in choice.varied.items()]
        return " ".join([choice.family.name, *words])

    @cached_property
    def identity(self) -> str:
        """The same for candidates that train alike: what is generated, by which recipe, on what."""
        recipe = self.recipe.model_dump_json(exclude={"name", "description"})
        parts = [without_header(self.compiled.python), recipe, self.data]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Refused:
    """A choice that gives no network, and why."""

    choice: Choice
    error: SpecError


class Bench:
    """Makes candidates of choices; each spec is read once."""

    def __init__(self, study: Study, recipe_for: RecipeFor) -> None:
        self.study, self.recipe_for = study, recipe_for
        self.trees: dict[str, tuple[syntax.Spec, str | None]] = {}

    def candidate(self, choice: Choice) -> Candidate:
        """The candidate of a choice. Raises SpecError if spec or recipe do not allow it."""
        file, family = self.study.file, choice.family
        settings = {**family.settings, **choice.settings}
        tree, variant = self.tree(choice.spec)
        compiled = compile_tree(tree, variant, {k: text(v) for k, v in settings.items()})
        changes = {**file.changes, **family.changes, **choice.changes}
        name = self.study.beside(file.recipe)
        recipe = self.recipe_for(file.data, name, {k: _plain(v) for k, v in changes.items()})
        batch = max(1, recipe.batch // recipe.accumulate)
        memory = compiled.memory(batch).training
        over = exceeded(file.budget, compiled, memory)
        return Candidate(choice, compiled, recipe, file.data, memory, over)

    def tree(self, spec: str) -> tuple[syntax.Spec, str | None]:
        if spec not in self.trees:
            self.trees[spec] = read(self.study.beside(spec))
        return self.trees[spec]

    def grid(self) -> list[Candidate | Refused]:
        """All candidates of a grid, in the order of the file.

        Raises:
            SpecError: a family has none, for one reason.
        """
        found: list[Candidate | Refused] = []
        for number, family in enumerate(self.study.file.families):
            own = [self._tried(choice) for choice in choices(family)]
            errors = [each.error for each in own if isinstance(each, Refused)]
            if len(errors) == len(own):
                raise SpecError(
                    f"{family.name}: {errors[0].message}",
                    errors[0].span or self.study.place("family", number),
                    hint=errors[0].hint,
                    notes=errors[0].notes,
                )
            found += own
        return found

    def _tried(self, choice: Choice) -> Candidate | Refused:
        try:
            return self.candidate(choice)
        except SpecError as error:
            return Refused(choice, error)


def choices(family: Family) -> Iterator[Choice]:
    """The whole grid of a family; a value that is written in two ways is one."""
    settings, changes = list(family.vary), list(family.tune)
    axes = [_listed(each) for each in (*family.vary.values(), *family.tune.values())]
    for spec, values in product(family.spec, product(*axes)):
        of_spec, of_recipe = values[: len(settings)], values[len(settings) :]
        yield Choice(
            family,
            spec,
            dict(zip(settings, of_spec, strict=True)),
            dict(zip(changes, of_recipe, strict=True)),
        )


def _listed(values: Values) -> Sequence[object]:
    every = values.values if isinstance(values, Range) else values
    return list({text(value): value for value in every}.values())


def exceeded(budget: Budget, compiled: Compiled, memory: int) -> str | None:
    """``weights``, ``MACs`` or ``memory``, with the most there may be; None within the budget."""
    counted = compiled.count
    if budget.weights is not None and counted.weights > budget.weights:
        return f"more than {budget.weights:,} weights"
    if budget.macs is not None and counted.macs > budget.macs:
        return f"more than {budget.macs:,} MACs"
    if budget.memory is not None and memory > budget.memory:
        return f"more than {shown(budget.memory)} of memory"
    return None


def without_header(source: str) -> str:
    """The code of an emitted file: without its docstring, which tells names and settings."""
    tree = ast.parse(source)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    return ast.unparse(tree)


def text(value: object) -> str:
    """A value as ``--set`` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, float) else str(value)  # 1.0 is 1


def _plain(value: object) -> object:
    """A field of a recipe; TOML has no null."""
    return None if value == "null" else value
