"""What stands behind a kind of operator: ``stride 2 depthwise``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.kinds import KINDS, KindName, takes


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
        if isinstance(option.value, ast.Dims):
            numbers.dims(option.value, scope)
        elif option.value is not None:
            numbers.check(option.value, scope)
    chosen = [name for name in KINDS[kind].exclusive if name in given]
    for one, two in pairwise(chosen):
        report.error(SpecError(f"`{one}` and `{two}` exclude each other", given[two]))
