"""Binds the parameters of a network: defaults, then a variant, then the user's settings."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from pydantic import ValidationError

from mgiad_dsl import syntax as ast
from mgiad_dsl.evaluate import Evaluator, Value, simplest
from mgiad_dsl.parse import parse_value
from mgiad_dsl.report import Report
from mgiad_dsl.source import Note, Source, Span, SpecError
from mgiad_dsl.spec import Parameter
from mgiad_dsl.words import did_you_mean


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
    value = Evaluator({}, {}).value(declared.default, {})
    if isinstance(value, tuple):
        raise SpecError(
            f"`{declared.name}` cannot be a list",
            declared.default.span,
            hint="parameters are numbers, booleans or words; keep lists in a `let`",
        )
    return Parameter(name=declared.name, default=value, value=value, span=declared.span)


def _variant(
    variant: ast.Variant, parameters: Mapping[str, Parameter], known: set[str], report: Report
) -> dict[str, Parameter]:
    """The parameters that a variant sets."""
    found: dict[str, Parameter] = {}
    spans: dict[str, Span] = {}
    for setting in variant.settings:
        name = setting.name
        with report.catch():
            _check_known(name, known, setting.span, variant.name)
            if name in spans:
                note = Note("the first time", spans[name])
                raise SpecError(f"`{name}` is set twice", setting.span, notes=(note,))
            spans[name] = setting.span
            value = Evaluator({}, {}).value(setting.value, {})
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
        message = str(problem.errors()[0]["msg"]).removeprefix("Value error, ")
        note = Note(f"as its default `{parameter.span.text}` says", parameter.span)
        raise SpecError(message, span, notes=(note,)) from None


def literal(name: str, given: object) -> Value:
    """The value of a setting from the command line (text) or from Python.

    Raises:
        SpecError: it is no number, boolean or word.
    """
    if isinstance(given, bool):
        return given
    if isinstance(given, (int, Fraction)):
        return simplest(given, None)
    value = parse_value(Source(f"--set {name}", str(given)))
    return Evaluator({}, {}).value(value, {})
