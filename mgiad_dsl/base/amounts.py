"""Amounts of memory: ``16GiB``, and bytes as people read them."""

from __future__ import annotations

import re
from fractions import Fraction

from mgiad_dsl.base.source import SpecError

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
_DECIMAL = ("B", "kB", "MB", "GB", "TB")
_BYTES = {
    unit.lower(): base**power
    for base, units in ((1000, _DECIMAL), (1024, _BINARY))
    for power, unit in enumerate(units)
}


def amount(text: str) -> int:
    """The bytes of ``16GiB``, ``1.5 GB``; a capital makes no difference.

    Raises:
        SpecError: it is no amount of memory.
    """
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([A-Za-z]+)", text.strip())
    if match and match[2].lower() in _BYTES:
        return in_bytes(Fraction(match[1]), match[2])
    raise SpecError(
        f"{text!r} is no amount of memory", hint=f"a number and one of {', '.join(_units())}: 16GiB"
    )


def in_bytes(number: Fraction, unit: str) -> int:
    """The bytes of a number of units; what is less than one is none."""
    return int(number * _BYTES[unit.lower()])


def _units() -> tuple[str, ...]:
    return (*_BINARY, *_DECIMAL[1:])


def shown(bytes_: int) -> str:
    """``1.15 GiB``"""
    power = min(max(0, bytes_.bit_length() - 1) // 10, len(_BINARY) - 1)
    return f"{bytes_ / 1024**power:.2f}".rstrip("0").rstrip(".") + f" {_BINARY[power]}"
