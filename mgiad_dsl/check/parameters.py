"""Binds the parameters of a network: defaults, then a variant, then the user's settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from pydantic import ValidationError

from mgiad_dsl import syntax as ast
from mgiad_dsl.evaluate import Evaluator, Value
from mgiad_dsl.report import Report
from mgiad_dsl.source import Note, Span, SpecError
from mgiad_dsl.spec import Parameter
from mgiad_dsl.words import WORDS, did_you_mean

_LITERAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?|-?\d{1,40}/\d{1,40}")


def bind(
    tree: ast.Spec, variant: ast.Variant | None, settings: Mapping[str, object], report: Report
) -> tuple[Parameter, ...]:
    """The parameters with their values; errors go to the report."""
    constants = Evaluator({}, {})
    values: dict[str, tuple[Value, Span | None]] = {}
    known = {p.name for p in tree.parameters}
    for each in tree.variants:
        _check_settings(each, known, report)
    for setting in variant.settings if variant else ():
        try:
            values[setting.name] = (constants.value(setting.value, {}), setting.span)
        except SpecError as error:
            report.error(error)
    for name, given in settings.items():
        if name not in known:
            report.error(_unknown(name, known, None, tree.name))
            continue
        try:
            values[name] = (literal(given), None)
        except SpecError as error:
            report.error(error)
    bound = (_parameter(p, values, constants, report) for p in tree.parameters)
    return tuple(parameter for parameter in bound if parameter)


def _check_settings(variant: ast.Variant, known: set[str], report: Report) -> None:
    seen: set[str] = set()
    for setting in variant.settings:
        if setting.name not in known:
            report.error(_unknown(setting.name, known, setting.span, variant.name))
        elif setting.name in seen:
            report.error(SpecError(f"`{setting.name}` is set twice", setting.span))
        seen.add(setting.name)


def _parameter(
    declared: ast.Parameter,
    values: Mapping[str, tuple[Value, Span | None]],
    constants: Evaluator,
    report: Report,
) -> Parameter | None:
    try:
        default = constants.value(declared.default, {})
        if isinstance(default, tuple):
            raise SpecError(
                f"`{declared.name}` cannot be a list",
                declared.default.span,
                hint="parameters are numbers, booleans or words; keep lists in a `let`",
            )
    except SpecError as error:
        report.error(error)
        return None
    value, where = values.get(declared.name, (default, declared.span))
    try:
        return Parameter(name=declared.name, default=default, value=value, span=declared.span)
    except ValidationError as problem:
        message = str(problem.errors()[0]["msg"]).removeprefix("Value error, ")
        note = Note("the default says so", declared.span)
        report.error(SpecError(message, where, notes=(note,)))
        return None


def literal(given: object) -> Value:
    """The value of a setting from the command line (text) or from Python.

    Raises:
        SpecError: it is no number, boolean or word.
    """
    if isinstance(given, (bool, int, Fraction)):
        return given
    text = str(given).strip().replace("_", "")
    if text in ("true", "false", "True", "False"):
        return text.lower() == "true"
    if given in WORDS:
        return str(given)
    if not _LITERAL.fullmatch(text):
        raise SpecError(
            f"`{given}` is no value for a parameter",
            hint="a number (3, 1.4, 4/5), true, false, or a word such as V or relu",
        )
    try:
        value = Fraction(text)
    except ZeroDivisionError:
        raise SpecError(f"`{given}` divides by zero") from None
    return value.numerator if value.denominator == 1 else value


def _unknown(name: str, known: set[str], span: Span | None, owner: str) -> SpecError:
    hint = did_you_mean(name, known) or "parameters: " + (", ".join(sorted(known)) or "none")
    return SpecError(f"`{owner}` has no parameter `{name}`", span, hint=hint)
