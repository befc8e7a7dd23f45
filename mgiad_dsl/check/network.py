"""The checker of a whole spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Caution, Note, SpecError
from mgiad_dsl.check.claims import check_claims
from mgiad_dsl.check.declarations import Declarations
from mgiad_dsl.check.equations import Equations
from mgiad_dsl.check.faults import Faults
from mgiad_dsl.check.marked import marked, marked_output
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.check.parameters import bind
from mgiad_dsl.check.statements import Statements
from mgiad_dsl.check.symbols import Symbols
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.language.words import did_you_mean


def check(
    tree: ast.Spec, variant: str | None, settings: Mapping[str, object], report: Report
) -> NetSpec:
    """The checked spec of a network, one of its variants, or either with other settings.

    Errors go to the report. Those of one equation or operator leave the others to lowering,
    which looks for more.

    Raises:
        SpecError: something is wrong that leaves nothing to lower, with all errors so far.
    """
    faults = Faults(report)
    chosen = _variant(tree, variant, report)
    parameters = bind(tree, chosen, settings, report)
    symbols = Symbols(tree, report)
    numbers = Numbers(symbols, report)
    declarations = Declarations(tree, symbols, numbers, report, faults)
    check_claims(tree, report)
    _check_equations(tree, symbols, numbers, declarations, report, faults)
    if faults.fatal:
        report.raise_errors()
    _warn_unused(symbols, report)
    return NetSpec(
        name=tree.name,
        variant=chosen.name if chosen else None,
        parameters=parameters,
        lets=tree.lets,
        inputs=tree.inputs,
        hierarchies=declarations.hierarchies,
        spaces=declarations.spaces,
        operators=declarations.operators,
        starts=tuple(replace(s, body=marked(s.body, faults.spans)) for s in tree.starts),
        steps=tuple(replace(s, body=marked(s.body, faults.spans)) for s in tree.steps),
        cycles=marked(tree.cycles, faults.spans),
        outputs=tuple(marked_output(output, faults.spans) for output in tree.outputs),
        expects=chosen.expects if chosen else tree.expects,
        published=chosen.published if chosen else tree.published,
        budgets=chosen.budgets if chosen else tree.budgets,
        settings=tuple(settings),
    )


def _variant(tree: ast.Spec, name: str | None, report: Report) -> ast.Variant | None:
    seen: dict[str, ast.Variant] = {}
    for variant in tree.variants:
        if variant.name in seen:
            note = Note("the first one", seen[variant.name].span)
            report.error(
                SpecError(
                    f"a second variant `{variant.name}`",
                    variant.span.find(variant.name),
                    notes=(note,),
                )
            )
        seen[variant.name] = variant
    if name is not None and name not in seen:
        hint = did_you_mean(name, seen) or (
            "variants: " + ", ".join(seen) if seen else "this spec has no variants"
        )
        report.error(SpecError(f"`{tree.name}` has no variant `{name}`", hint=hint))
    return seen.get(name) if name is not None else None


def _check_equations(
    tree: ast.Spec,
    symbols: Symbols,
    numbers: Numbers,
    declarations: Declarations,
    report: Report,
    faults: Faults,
) -> None:
    """Check all that runs: starts, cycles with the steps they use, outputs."""
    equations = Equations(
        symbols, numbers, declarations.identities, declarations.signatures, report
    )
    statements = Statements(
        declarations.hierarchies, tree.steps, symbols, numbers, equations, report, faults
    )
    for start in tree.starts:
        statements.block(start.body, {})
    statements.block(tree.cycles, {})
    _check_outputs(tree, equations, report, faults)


def _check_outputs(tree: ast.Spec, equations: Equations, report: Report, faults: Faults) -> None:
    if not tree.outputs:
        hint = "such as: output logits = W(avgpool(u[L]))"
        report.error(SpecError("this network has no output", tree.span, hint=hint))
    seen: dict[str, ast.Output] = {}
    for output in tree.outputs:
        with faults.within(output.span):
            equations.value(output.value, {})
            if output.name in seen:
                note = Note("the first one", seen[output.name].span)
                span = output.span.find(output.name)
                report.error(SpecError(f"a second output `{output.name}`", span, notes=(note,)))
        seen[output.name] = output


def _warn_unused(symbols: Symbols, report: Report) -> None:
    for symbol in symbols.unused():
        # The weights of an operator without an index exist: lowering calls them dead.
        if symbol.what != "operator" or symbol.indices:
            report.warn(Caution(f"{symbol.what} `{symbol.name}` is never used", symbol.span))
