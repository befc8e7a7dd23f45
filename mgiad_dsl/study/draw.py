"""A candidate that a sampler of Optuna chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import Trial

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.study.candidates import Choice
from mgiad_dsl.study.file import Family
from mgiad_dsl.study.ranges import Range, Values


def drawn(trial: Trial, families: Sequence[Family]) -> Choice:
    """A family, a spec of it, and a value for each parameter that varies in it.

    Raises:
        SpecError: the study began with other values to choose from.
    """
    try:
        names = [family.name for family in families]
        name = trial.suggest_categorical("family", names) if names[1:] else names[0]
        family = families[names.index(name)]
        spec = str(_one(trial, f"{name}.spec", family.spec))
        return Choice(
            family, spec, _each(trial, name, family.vary), _each(trial, name, family.tune)
        )
    except ValueError as error:
        raise SpecError(
            f"the study began with other values to choose from: {error}",
            hint="another `name`, or another `out`",
        ) from None


def _each(trial: Trial, family: str, varied: Mapping[str, Values]) -> dict[str, object]:
    return {key: _value(trial, f"{family}.{key}", values) for key, values in varied.items()}


def _value(trial: Trial, name: str, values: Values) -> object:
    if not isinstance(values, Range):
        return _one(trial, name, values)
    if values.is_whole:
        return trial.suggest_int(
            name, int(values.low), int(values.high), step=int(values.step or 1)
        )
    return trial.suggest_float(name, values.low, values.high, step=values.step, log=values.log)


def _one(trial: Trial, name: str, values: Sequence[Any]) -> object:
    return trial.suggest_categorical(name, values) if values[1:] else values[0]
