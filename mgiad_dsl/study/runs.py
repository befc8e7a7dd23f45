"""Runs side by side: found in folders, their seeds together, filtered and sorted; and two
compared in all that was recorded of them.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.language.words import did_you_mean
from mgiad_dsl.study.amounts import number
from mgiad_dsl.study.records import measured
from mgiad_dsl.study.tables import digits, rounded, words
from mgiad_dsl.train.recipes.recipe import Recipe
from mgiad_dsl.train.run.metrics import read_records
from mgiad_dsl.train.run.records import EpochRecord, RunRecord, read_record
from mgiad_dsl.train.tasks.figures import Figure

_CONDITION = re.compile(r"([\w.]+)\s*(<=|>=|!=|=|<|>)\s*(.+)")
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
}


@dataclass(frozen=True)
class Run:
    """What the folder of a run holds."""

    folder: Path
    record: RunRecord
    recipe: Recipe
    epochs: tuple[EpochRecord, ...]

    @property
    def measured(self) -> tuple[Figure, float] | None:
        """The main figure of the last epoch that was evaluated."""
        found = [measured(each) for each in self.epochs if each.evaluated]
        return found[-1] if found else None

    @property
    def source(self) -> str:
        return _text(self.folder / "network.py")


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seeds."""

    runs: tuple[Run, ...]

    @property
    def first(self) -> Run:
        return self.runs[0]

    @property
    def measured(self) -> list[tuple[Figure, float]]:
        return [found for each in self.runs if (found := each.measured)]

    @property
    def figure(self) -> Figure | None:
        return self.measured[0][0] if self.measured else None

    @property
    def value(self) -> float | None:
        """The mean of the figure over the seeds."""
        found = self.measured
        return statistics.mean(value for _, value in found) if found else None

    @property
    def deviation(self) -> float | None:
        found = self.measured
        return statistics.stdev(value for _, value in found) if len(found) > 1 else None

    @property
    def seconds(self) -> float | None:
        found = [each.epochs[-1].seconds for each in self.runs if each.epochs]
        return statistics.mean(found) if found else None

    @property
    def epochs(self) -> str:
        """``30``, or of runs that have not ended ``12 of 30``."""
        done = min(each.epochs[-1].epoch if each.epochs else 0 for each in self.runs)
        wanted = self.first.recipe.epochs
        return str(wanted) if done == wanted else f"{done} of {wanted}"

    @property
    def values(self) -> dict[str, object]:
        """What can be asked for, by name: settings, fields of the recipe, and columns."""
        record, recipe = self.first.record, self.first.recipe
        return {
            **record.settings,
            **recipe.model_dump(),
            "network": record.network,
            "data": record.data,
            "recipe": recipe.name,
            "weights": record.weights,
            "macs": record.macs,
            **self._figures,
            "seeds": len(self.runs),
            "seconds": self.seconds,
            "precision": record.precision,
            "hardware": record.hardware,
            "folder": str(self.first.folder),
        }

    @property
    def _figures(self) -> dict[str, object]:
        """``{"accuracy": 98.6, "std": 0.2}``: shares in %, as tables have them."""
        figure, value, deviation = self.figure, self.value, self.deviation
        if figure is None or value is None:
            return {"std": None}
        scale = 100 if figure.percent else 1
        std = None if deviation is None else scale * deviation
        return {figure.name: scale * value, "std": std}


def find_runs(folders: Iterable[Path], say: Callable[[str], None]) -> list[Run]:
    """All runs in folders and below them, by path; of one that cannot be read that is said.

    Raises:
        SpecError: a folder does not exist, or there is no run in any.
    """
    folders = list(folders)
    for folder in folders:
        if not folder.is_dir():
            raise SpecError(f"there is no folder {folder}", hint="mgiad train makes runs")
    found = []
    for path in sorted({path.parent for folder in folders for path in folder.rglob("run.json")}):
        try:
            found.append(read_run(path))
        except SpecError as error:
            say(f"note: {error.message}")
    if not found:
        raise SpecError(
            f"there is no run in {', '.join(map(str, folders))}", hint="mgiad train makes runs"
        )
    return found


def read_run(folder: Path) -> Run:
    """One run. Raises SpecError if the folder holds none, or a damaged one."""
    return Run(
        folder,
        read_record(folder / "run.json", RunRecord),
        read_record(folder / "recipe.json", Recipe),
        tuple(read_records(folder)),
    )


def grouped(runs: Iterable[Run]) -> list[Group]:
    """Runs with the seeds of each together, in the order of the first."""
    groups: dict[str, dict[int, Run]] = {}
    for run in runs:
        alike = run.record.model_dump_json(include={"network", "settings", "data", "weights_from"})
        seeds = groups.setdefault(alike + run.recipe.to_json() + run.source, {})
        seeds.setdefault(run.record.seed, run)
    return [Group(tuple(seeds[seed] for seed in sorted(seeds))) for seeds in groups.values()]


# -- which, and in which order -----------------------------------------------------------------


def kept(groups: Sequence[Group], conditions: Sequence[str]) -> list[Group]:
    """The groups for which all conditions hold: ``data=cifar*``, ``weights<1.4M``.

    Raises:
        SpecError: a condition is none, or asks for what no run has.
    """
    tests = [_condition(text, groups) for text in conditions]
    return [group for group in groups if all(holds(group) for holds in tests)]


def _condition(text: str, groups: Sequence[Group]) -> Callable[[Group], bool]:
    match = _CONDITION.fullmatch(text)
    if not match:
        raise SpecError(f"{text!r} is no condition", hint="data=cifar10, weights<1.4M, network=mg*")
    name, sign, wanted = match.groups()
    _check_known(name, groups)
    if sign in ("=", "!="):
        return lambda group: _is(group.values.get(name), wanted) == (sign == "=")
    try:
        limit, compare = float(number(wanted)), _COMPARED[sign]  # type: ignore[arg-type]
    except ValueError as error:
        raise SpecError(f"{text!r}: {error}") from None

    def holds(group: Group) -> bool:
        value = _as_number(group.values.get(name))
        return value is not None and compare(value, limit)

    return holds


def _is(value: object, wanted: str) -> bool:
    """Whether a value is the number, or fits the pattern."""
    given = _as_number(wanted)
    if given is not None and given == _as_number(value):
        return True
    return fnmatchcase(_shown(value), wanted)


def _as_number(value: Any) -> float | None:
    """A number as it is, or as ``1/4``."""
    if isinstance(value, bool):
        return None
    try:
        return float(Fraction(value))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None


def ordered(groups: Sequence[Group], name: str, backwards: bool) -> list[Group]:
    """By a value, what has none behind. Raises SpecError if no run has it."""
    _check_known(name, groups)
    having = [group for group in groups if group.values.get(name) is not None]

    def key(group: Group) -> tuple[bool, float, str]:
        value = group.values[name]
        number = _as_number(value)
        return number is None, number or 0.0, _shown(value)

    without = [group for group in groups if group.values.get(name) is None]
    return [*sorted(having, key=key, reverse=backwards), *without]


def _check_known(name: str, groups: Sequence[Group]) -> None:
    known = dict.fromkeys(key for group in groups for key in group.values)
    if name not in known:
        raise SpecError(
            f"no run has a {name!r}", hint=did_you_mean(name, known) or f"{', '.join(known)}"
        )


# -- tables ------------------------------------------------------------------------------------


def run_table(groups: Sequence[Group]) -> Table:
    """A row for each group; the recipe with the fields in which the rows differ."""
    recipes = [group.first.recipe.model_dump() for group in groups]
    plain = ("name", "description", "epochs")
    fields = [
        field
        for field in Recipe.model_fields
        if field not in plain and len({str(recipe[field]) for recipe in recipes}) > 1
    ]
    columns: tuple[Column[Group], ...] = (
        Column("network", lambda group: group.first.record.network),
        Column("data", lambda group: group.first.record.data),
        Column("recipe", lambda group: _recipe(group.first.recipe, fields)),
        Column("weights", lambda group: group.first.record.weights),
        Column("MACs", lambda group: group.first.record.macs),
        Column("figure", lambda group: words(group.figure)),
        Column("held out", lambda group: digits(group.figure, group.value)),
        Column("std", lambda group: digits(group.figure, group.deviation)),
        Column("seeds", lambda group: " ".join(str(run.record.seed) for run in group.runs)),
        Column("epochs", lambda group: group.epochs),
        Column("seconds", lambda group: rounded(group.seconds)),
        Column("hardware", lambda group: group.first.record.hardware),
        Column("folder", lambda group: str(group.first.folder)),
    )
    return tabulated("runs", columns, groups)


def _recipe(recipe: Recipe, fields: Sequence[str]) -> str:
    return " ".join([recipe.name, *(f"{key}={_shown(getattr(recipe, key))}" for key in fields)])


def difference_table(one: Run, other: Run) -> Table:
    """What differs between two runs, in all that was recorded."""
    first, second = _facts(one), _facts(other)
    rows = tuple(
        (key, first.get(key, ""), second.get(key, ""))
        for key in dict.fromkeys([*first, *second])
        if first.get(key) != second.get(key)
    )
    return Table("differences", ("", str(one.folder), str(other.folder)), rows)


def _facts(run: Run) -> dict[str, str]:
    """Everything that is known of a run, by name."""
    record = run.record.model_dump()
    nested = {"settings": record.pop("settings"), "versions": record.pop("versions")}
    nested["recipe"] = run.recipe.model_dump(exclude={"description"})
    facts = {key: _shown(value) for key, value in record.items()}
    facts |= {f"{part}.{key}": _shown(v) for part, own in nested.items() for key, v in own.items()}
    facts["epochs"] = str(run.epochs[-1].epoch) if run.epochs else "0"
    figure, value = run.measured or (None, None)
    reached = digits(figure, value)
    facts[words(figure) or "held out"] = "" if reached is None else str(reached)
    facts["seconds"] = f"{run.epochs[-1].seconds:.0f}" if run.epochs else ""
    facts |= _lines("spec.mgspec", _text(run.folder / "spec.mgspec"))
    return facts


def _lines(name: str, text: str) -> dict[str, str]:
    """The lines of a file by their numbers."""
    return {f"{name}:{number}": line.strip() for number, line in enumerate(text.split("\n"), 1)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _shown(value: object) -> str:
    """A value as it is written: ``true``, ``1/4``; nothing for None."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
