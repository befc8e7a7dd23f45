"""Blocks, steps and cycles: what runs where, with which indices bound."""

from __future__ import annotations

from collections.abc import Mapping

from mgiad_dsl import syntax as ast
from mgiad_dsl.check.equations import NUMBER, Equations
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.check.symbols import Symbols
from mgiad_dsl.report import Report
from mgiad_dsl.source import Caution, Note, Span, SpecError
from mgiad_dsl.words import CYCLES, did_you_mean

Scope = Mapping[str, str]

# The order in which the parts of a cycle stand.
_ORDER = {"pre": 0, "coarsen": 1, "solve": 2, "correct": 3, "post": 4}


def labelled(cycle: ast.Cycle) -> list[tuple[str, ast.Part]]:
    """The parts with their roles: smoothing before `coarsen` is `pre`, after it `post`."""
    parts, coarsened = [], False
    for part in cycle.parts:
        coarsened = coarsened or part.name != "smooth"
        label = ("post" if coarsened else "pre") if part.name == "smooth" else part.name
        parts.append((label, part))
    return parts


class Statements:
    """Checks statements in the scope they run in."""

    def __init__(
        self,
        steps: Mapping[str, ast.Step],
        symbols: Symbols,
        numbers: Numbers,
        equations: Equations,
        report: Report,
    ) -> None:
        self._steps = steps
        self._symbols = symbols
        self._numbers = numbers
        self._equations = equations
        self._report = report

    def block(self, body: tuple[ast.Statement, ...], scope: Scope) -> None:
        """Check the statements of a block in order; its lets are local to it."""
        local = dict(scope)
        for statement in body:
            before = len(self._report.errors)
            match statement:
                case ast.Let():
                    self._let(statement, local)
                case ast.Assign(target, value):
                    space = self._equations.target(target, local)
                    self._equations.assigned(
                        space, self._equations.value(value, local), statement.span
                    )
                case ast.Cycle():
                    self.cycle(statement, local)
            if len(self._report.errors) > before and not isinstance(statement, ast.Cycle):
                self._report.mark(statement.span)

    def _let(self, let: ast.Let, local: dict[str, str]) -> None:
        name = let.declared.name
        if let.declared.indices:
            self._report.error(
                SpecError("a `let` inside a block is one value and has no index", let.declared.span)
            )
        if name in local:
            self._report.error(SpecError(f"`{name}` is declared twice", let.declared.span))
        else:
            self._symbols.is_free(name, let.declared.span)
        local[name] = self._equations.value(let.value, local)

    def cycle(self, cycle: ast.Cycle, scope: Scope) -> None:
        """Check a cycle: its index, its kind, its parts and what runs in them."""
        index = cycle.index.name
        symbol = self._symbols.find(index)
        if symbol is None or symbol.what != "level index":
            what = f"is a {symbol.what}" if symbol else "is not declared"
            self._report.error(
                SpecError(
                    f"`{index}` {what}; a cycle goes over the levels of an index",
                    cycle.index.span,
                    hint=f"levels {index} in 1..4 : resolution",
                )
            )
        elif index in scope:
            self._report.error(
                SpecError(f"a cycle over `{index}` inside a cycle over `{index}`", cycle.index.span)
            )
        self._numbers.check(cycle.kind, scope)
        self._check_parts(cycle)
        inside = {**scope, index: NUMBER}
        for _, part in labelled(cycle):
            self._part(part, inside)

    def _part(self, part: ast.Part, scope: Scope) -> None:
        inside = dict(scope)
        if part.repeat is not None:
            self._numbers.range(part.repeat.range, scope)
            name = part.repeat.index
            if name is not None:
                if name in scope:
                    self._report.error(SpecError(f"`{name}` is declared twice", part.repeat.span))
                else:
                    self._symbols.is_free(name, part.repeat.span)
                inside[name] = NUMBER
        if part.step is None:
            self.block(part.body, inside)
            return
        step = self._steps.get(part.step.name)
        if step is None:
            hint = did_you_mean(part.step.name, self._steps) or "declare it: step NAME { ... }"
            self._report.error(
                SpecError(f"there is no step `{part.step.name}`", part.step.span, hint=hint)
            )
            return
        self._symbols.find(step.name)
        self._used_step(step, part.step.span, inside)

    def _used_step(self, step: ast.Step, place: Span, scope: Scope) -> None:
        """Check a step with the indices of the place that uses it; errors name both."""
        before = len(self._report.errors)
        self.block(step.body, scope)
        for error in self._report.errors[before:]:
            error.notes = (*error.notes, Note(f"step `{step.name}` is used here", place))

    def unused_step(self, step: ast.Step, indices: Scope) -> None:
        """Check a step that nothing runs, as if every level were bound."""
        self._report.warn(Caution(f"step `{step.name}` is never used", step.span))
        self.block(step.body, indices)

    def _check_parts(self, cycle: ast.Cycle) -> None:
        parts = labelled(cycle)
        labels = [label for label, _ in parts]
        for at, (label, part) in enumerate(parts):
            if label in labels[:at]:
                message = f"a second `{part.name}` in one cycle"
                hint = "repeat with `smooth 2 ...`, or put both into one block"
                self._report.error(SpecError(message, part.span, hint=hint))
            elif at and _ORDER[label] < max(_ORDER[before] for before in labels[:at]):
                hint = "the order is smooth, coarsen, solve, correct, smooth"
                self._report.error(
                    SpecError(f"`{part.name}` stands too late in its cycle", part.span, hint=hint)
                )
        if not {"pre", "solve"} & set(labels):
            self._missing(cycle, "a `smooth` or `solve`: nothing runs on the coarsest level")
        if "coarsen" not in labels:
            self._missing(cycle, "a `coarsen`: how values reach the next level")
        # A kind that is computed may be any: lowering asks for what its kind needs.
        if isinstance(cycle.kind, ast.Name) and self._symbols.find(cycle.kind.name) is None:
            self._check_kind(cycle, cycle.kind.name, labels)

    def _check_kind(self, cycle: ast.Cycle, kind: str, labels: list[str]) -> None:
        if kind not in CYCLES:
            return
        if kind != "backslash" and "correct" not in labels:
            self._missing(cycle, f"a `correct`: a {kind} cycle comes back to each level")
        for label, part in labelled(cycle):
            if kind == "backslash" and label in ("correct", "post"):
                self._report.warn(
                    Caution(
                        f"`{part.name}` never runs: a backslash cycle does not come back",
                        part.span,
                    )
                )

    def _missing(self, cycle: ast.Cycle, what: str) -> None:
        self._report.error(SpecError(f"this cycle lacks {what}", cycle.index.span))
