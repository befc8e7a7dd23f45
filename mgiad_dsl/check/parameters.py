"""Binds the parameters of a network: defaults, then a variant, then the user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import ValidationError

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Source, Span, SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator, Value, simplest
from mgiad_dsl.language.habits import NAMES, habit
from mgiad_dsl.language.spec import Parameter
from mgiad_dsl.language.words import WORDS, did_you_mean
from mgiad_dsl.parse import parse_value


def bind(
    tree: ast.Spec, variant: ast.Variant | None, settings: Mapping[str, object], report: Report
) -> tuple[Parameter, ...]:
    """The parameters with their values; errors go to the report, those of all variants."""
    parameters: dict[str, Parameter] = {}
    for declared in tree.parameters:
        with report.catch():
            parameters[declared.name] = _default(declared)
    known = {declared.name for declared in tree.parameters}
    bound = dict(parameters)
    for each in tree.variants:
        if report.full:
            break
        values = _variant(each, parameters, known, report)
        if each is variant:
            bound |= values
    for name, given in settings.items():
        with report.catch():
            _check_known(name, known, None, tree.name)
            if name in parameters:
                bound[name] = _set(parameters[name], literal(name, given), None)
    return tuple(bound.values())


def _default(declared: ast.Parameter) -> Parameter:
    value = _constant(declared.default)
    if isinstance(value, tuple):
        raise SpecError(
            f"`{declared.name}` cannot be a list",
            declared.default.span,
            hint="parameters are numbers, booleans or words; keep lists in a `let`",
        )
    if isinstance(value, str) and value not in WORDS:
        raise SpecError(
            f"`{value}` is no word that a parameter may be",
            declared.default.span,
            hint=habit(value, NAMES)
            or did_you_mean(value, WORDS)
            or "a number, true, false, or a word such as V or relu",
        )
    return Parameter(name=declared.name, default=value, value=value, span=declared.span)


def _constant(expr: ast.Expr) -> Value:
    """The value of an expression in which a name can only be a word."""
    return expr.name if isinstance(expr, ast.Name) else Evaluator({}, {}).value(expr, {})


def _variant(
    variant: ast.Variant, parameters: Mapping[str, Parameter], known: set[str], report: Report
) -> dict[str, Parameter]:
    """The parameters that a variant sets."""
    found: dict[str, Parameter] = {}
    spans: dict[str, Span] = {}
    for setting in variant.settings:
        if report.full:
            break
        name = setting.name
        with report.catch():
            _check_known(name, known, setting.span.find(name), variant.name)
            if name in spans:
                note = Note("the first time", spans[name])
                raise SpecError(f"`{name}` is set twice", setting.span.find(name), notes=(note,))
            spans[name] = setting.span
            value = _constant(setting.value)
            if name in parameters:
                found[name] = _set(parameters[name], value, setting.value.span)
    return found


def _check_known(name: str, known: set[str], span: Span | None, owner: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known) or "parameters: " + (", ".join(sorted(known)) or "none")
        raise SpecError(f"`{owner}` has no parameter `{name}`", span, hint=hint)


def _set(parameter: Parameter, value: Value, span: Span | None) -> Parameter:
    try:
        return Parameter(
            name=parameter.name, default=parameter.default, value=value, span=parameter.span
        )
    except ValidationError as problem:
        (error,) = problem.errors()
        note = Note(f"as its default `{parameter.span.text}` says", parameter.span)
        raise SpecError(str(error["ctx"]["error"]), span, notes=(note,)) from None


def literal(name: str, given: object) -> Value:
    """The value of a setting from the command line (text) or from Python.

    Raises:
        SpecError: it is no number, boolean or word.
    """
    if isinstance(given, bool):
        return given
    if isinstance(given, (int, Fraction)):
        return simplest(given, None)
    try:
        return _constant(parse_value(Source(f"--set {name}", str(given))))
    except SpecError as error:
        error.hint = "a number (3, 1.4, 4/5), true, false, or a word such as V or relu"
        raise
