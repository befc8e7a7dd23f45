"""What a field of a recipe may be, in words, and what is wrong with one that is not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from textwrap import shorten
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.language.words import did_you_mean

KINDS = {
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    str: "a text",
    NoneType: "null",
}
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def wrong_fields(error: ValidationError, model: type[BaseModel]) -> SpecError:
    """What pydantic found wrong, each field with what it may be."""
    messages, hints = [], []
    for problem in error.errors():
        name = str(problem["loc"][0])  # behind it, the kinds of value that it may have
        if name in model.model_fields:
            messages.append(f"{name} cannot be {shown(problem['input'])}")
            hints.append(f"{name} is {allowed(model.model_fields[name])}")
        else:
            messages.append(f"there is no field {name!r}")
            known = f"fields: {', '.join(model.model_fields)}"
            hints.append(did_you_mean(name, model.model_fields) or known)
    return SpecError(
        f"recipe: {'; '.join(dict.fromkeys(messages))}", hint="; ".join(dict.fromkeys(hints))
    )


def allowed(field: FieldInfo) -> str:
    """``a finite number, at least 0, below 1``, with the description of the field."""
    meaning = f" ({field.description})" if field.description else ""
    return limited(kind(field.annotation), field.metadata) + meaning


def limited(words: str, limits: Iterable[object]) -> str:
    """A kind of value, and its bounds."""
    bounds = [
        f"{BOUNDS[key]} {getattr(limit, key)}"
        for limit in limits
        for key in BOUNDS
        if hasattr(limit, key)
    ]
    return ", ".join([words, *bounds])


def kind(annotation: object) -> str:
    """A type of a field in words: a plain type, one with bounds, words to choose from, several
    values in a row (all of one type), or a union.
    """
    options = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return limited(kind(options[0]), options[1].metadata)
    if get_origin(annotation) is tuple:
        return f"a list of {len(options)}, each {kind(options[0])}"
    if get_origin(annotation) is Literal:
        return f"one of {', '.join(options)}" if len(options) > 1 else str(options[0])
    if options:
        return " or ".join(kind(option) for option in reversed(options))  # null first
    return KINDS[annotation]  # type: ignore[index]


def shown(value: object) -> str:
    """A value as ``--with`` takes it, cut short."""
    return shorten(json.dumps(value, default=str), 60)
