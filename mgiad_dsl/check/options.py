"""What stands behind a kind of operator: ``stride 2 depthwise``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.habits import INITIAL, STARTS, habit
from mgiad_dsl.language.kinds import INITIALS, KINDS, KindName, takes
from mgiad_dsl.language.words import NUMERIC_FUNCTIONS, did_you_mean


def check_options(
    kind: KindName,
    options: Sequence[ast.Option],
    numbers: Numbers,
    scope: Collection[str],
    report: Report,
) -> None:
    """Each option is one that the kind takes, stands once, and excludes no other."""
    given: dict[str, Span] = {}
    for option in options:
        if option.name in given:
            note = Note("the first time", given[option.name])
            report.error(SpecError(f"`{option.name}` stands twice", option.span, notes=(note,)))
        elif option.name not in KINDS[kind].options:
            message = f"`{kind}` has no `{option.name}`"
            report.error(SpecError(message, option.span, hint=takes(kind)))
        elif option.boundary is not None and not KINDS[kind].has_boundary:
            message = f"`{kind}` has no boundary that is `{option.boundary}`"
            report.error(SpecError(message, option.span, hint="convolutions and stencils have one"))
        given[option.name] = option.span
        if option.name == "init" and (error := _no_start(option.value, numbers, scope)):
            report.error(error)
        elif isinstance(option.value, ast.Dims):
            numbers.dims(option.value, scope)
        elif option.value is not None:
            numbers.check(option.value, scope)
    chosen = [name for name in KINDS[kind].exclusive if name in given]
    for one, two in pairwise(chosen):
        report.error(SpecError(f"`{one}` and `{two}` exclude each other", given[two]))


def _no_start(
    value: ast.Expr | ast.Dims | None, numbers: Numbers, scope: Collection[str]
) -> SpecError | None:
    """The error of a name, or of a call, from which no weights start."""
    if isinstance(value, ast.Call):
        name, fine = value.function.name, value.function.name in NUMERIC_FUNCTIONS
    elif isinstance(value, ast.Name):
        name, fine = value.name, numbers.knows(value.name, scope)
    else:
        return None
    if fine:
        return None
    hint = habit(name, STARTS) or did_you_mean(name, INITIALS) or INITIAL
    return SpecError(f"weights do not start from `{name}`", value.span, hint=hint)
