"""The fixed words of the language that stand for values or functions."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, get_args

from mgiad_dsl.language.kinds import BOUNDARIES, INITIALS, RESAMPLINGS, UPSAMPLINGS

Axis = Literal["resolution", "channel"]

CYCLES = ("backslash", "V", "W", "F")
ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus"),
    *("hardswish", "hardsigmoid", "tanh", "sigmoid", "identity"),
)
SLOPED = "leaky_relu"  # the activation that takes a number: leaky_relu(r, 1/5)
AXES: tuple[Axis, ...] = get_args(Axis)

# A parameter that is a word may be set to any word of the same set.
WORD_SETS = (CYCLES, ACTIVATIONS, UPSAMPLINGS, BOUNDARIES, INITIALS)
WORDS = frozenset(word for words in WORD_SETS for word in words)

NUMERIC_FUNCTIONS = ("floor", "ceil", "round", "log2", "min", "max", "sum", "len")
FUNCTIONS = frozenset({*NUMERIC_FUNCTIONS, *ACTIVATIONS, *RESAMPLINGS})

METRICS = ("weights",)  # what `expect` and `published` are about
BUDGETED = ("weights", "macs", "memory")


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the nearest known name, if one is near."""
    spelled = {each.lower(): each for each in sorted(known)}
    near = get_close_matches(name.lower(), spelled, n=1, cutoff=0.6)
    return f"did you mean `{spelled[near[0]]}`?" if near else None
