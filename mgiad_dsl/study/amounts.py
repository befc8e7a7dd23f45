"""Amounts as a study file has them: ``1.4M`` weights, ``2GiB`` of memory."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, Field

from mgiad_dsl.base.amounts import amount
from mgiad_dsl.base.source import SpecError

_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def number(value: object) -> object:
    """A number, as it is or with a factor: ``1.4M``. Raises ValueError."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"([0-9][0-9_]{0,20}(?:\.[0-9]{1,15})?) ?([kMG]?)", value.strip())
    if not match:
        raise ValueError("an amount is a number, such as 1_400_000 or '1.4M'")
    return int(Fraction(match[1].replace("_", "")) * _FACTORS[match[2]])


def _bytes(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return amount(value)
    except SpecError as error:
        raise ValueError(f"an amount of memory is {error.hint}") from error


Number = Annotated[int, BeforeValidator(number), Field(ge=1)]
Bytes = Annotated[int, BeforeValidator(_bytes), Field(ge=1)]
