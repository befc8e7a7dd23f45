"""A value of a spec as JSON has it: the one way, wherever values are written."""

from __future__ import annotations

from fractions import Fraction

from mgiad_dsl.language.evaluate import Value


def plain(value: Value) -> object:
    """Booleans, words and lists as they are, whole numbers as integers, others as ``"1/4"``.

    A float would be another number than the spec's (``1/3``); the text is exact, and ``--set``
    and ``Fraction`` of Python read it back.
    """
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    return value
