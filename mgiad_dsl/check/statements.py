"""Blocks, steps and cycles: what runs where, with which indices bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Caution, Note, Span, SpecError
from mgiad_dsl.check.equations import NUMBER, Equations
from mgiad_dsl.check.faults import Faults
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.check.parts import labelled, missing
from mgiad_dsl.check.symbols import Symbols
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.spec import Hierarchy
from mgiad_dsl.language.words import CYCLES, did_you_mean

MAX_NESTED = 4

Scope = Mapping[str, str]

# The order in which the parts of a cycle stand.
_ORDER = {"pre": 0, "coarsen": 1, "solve": 2, "correct": 3, "post": 4}


class Statements:
    """Checks statements in the scope they run in."""

    def __init__(
        self,
        hierarchies: Sequence[Hierarchy],
        steps: Sequence[ast.Step],
        symbols: Symbols,
        numbers: Numbers,
        equations: Equations,
        report: Report,
        faults: Faults,
    ) -> None:
        self._hierarchies = {h.index: h for h in hierarchies}
        self._steps = {step.name: step for step in steps}
        self._symbols = symbols
        self._numbers = numbers
        self._equations = equations
        self._report = report
        self._faults = faults
        self._checked: set[tuple[str, frozenset[tuple[str, str]]]] = set()

    def block(self, body: tuple[ast.Statement, ...], scope: Scope) -> None:
        """Check the statements of a block in order; its lets are local to it."""
        local = dict(scope)
        for statement in body:
            if isinstance(statement, ast.Cycle):
                self.cycle(statement, local)
                continue
            if isinstance(statement, ast.Loop):
                self.loop(statement, local)
                continue
            with self._faults.within(statement.span):
                if isinstance(statement, ast.Let):
                    self._let(statement, local)
                elif isinstance(statement, ast.Assign):
                    self._assign(statement, local)

    def _assign(self, statement: ast.Assign, scope: Scope) -> None:
        with self._faults.within(statement.target.span):
            space = self._equations.target(statement.target, scope)
        value = self._equations.value(statement.value, scope)
        self._equations.assigned(space, value, statement.span)

    def _let(self, let: ast.Let, local: dict[str, str]) -> None:
        name = let.declared.name
        if let.declared.indices:
            self._fail("a `let` inside a block is one value and has no index", let.declared.span)
        if name in local:
            self._fail(f"`{name}` is declared twice", let.declared.span)
        else:
            self._symbols.is_free(name, let.declared.span)
        local[name] = self._equations.value(let.value, local)

    def loop(self, loop: ast.Loop, scope: Scope) -> None:
        """Check what repeats, once for all its numbers."""
        self.block(loop.body, self._repeated(loop.repeat, scope))

    def cycle(self, cycle: ast.Cycle, scope: Scope) -> None:
        """Check a cycle: its index, its kind, its parts and what runs in them."""
        index = cycle.index.name
        if index in scope:  # also where a step uses itself
            self._fail(f"a cycle over `{index}` inside a cycle over `{index}`", cycle.index.span)
            return
        if len(self._hierarchies.keys() & set(scope)) >= MAX_NESTED:
            self._fail(f"cycles nested deeper than {MAX_NESTED}", cycle.index.span)
            return
        if not self._is_level(cycle.index, scope):
            return
        self._numbers.check(cycle.kind, scope)
        self._check_parts(cycle)
        inside = {**scope, index: NUMBER}
        for part in cycle.parts:
            self._part(part, inside)

    def _is_level(self, index: ast.Name, scope: Scope) -> bool:
        symbol = self._symbols.find(index.name)
        if symbol is None or symbol.what != "level index":
            self._fail(
                f"`{index.name}` is {symbol or 'not declared'}; "
                "a cycle goes over the levels of an index",
                index.span,
                hint=f"levels {index.name} in 1..4 : resolution",
            )
            return False
        hierarchy = self._hierarchies.get(index.name)
        if hierarchy is not None:
            for outer in sorted(set(hierarchy.outer) - set(scope)):
                self._fail(
                    f"a cycle over `{index.name}` must stand inside a cycle over `{outer}`",
                    index.span,
                    notes=(Note(f"its levels depend on `{outer}`", hierarchy.span),),
                )
        return True

    def _part(self, part: ast.Part, scope: Scope) -> None:
        inside = self._repeated(part.repeat, scope) if part.repeat else scope
        if part.step is None:
            self.block(part.body, inside)
            return
        step = self._steps.get(part.step.name)
        if step is None:
            near = None if self._report.full else did_you_mean(part.step.name, self._steps)
            hint = near or "declare it: step NAME { ... }"
            self._fail(f"there is no step `{part.step.name}`", part.step.span, hint=hint)
            return
        self._symbols.find(step.name)
        self._used_step(step, part.step.span, inside)

    def _repeated(self, repeat: ast.Repeat, scope: Scope) -> Scope:
        """The scope of what repeats: with its index, if it has one."""
        self._numbers.range(repeat.range, scope)
        if repeat.index is None:
            return scope
        if repeat.index in scope:
            self._fail(f"`{repeat.index}` is declared twice", repeat.span)
        else:
            self._symbols.is_free(repeat.index, repeat.span)
        return {**scope, repeat.index: NUMBER}

    def _used_step(self, step: ast.Step, place: Span, scope: Scope) -> None:
        """Check a step with the indices of the place that uses it; errors name both."""
        use = (step.name, frozenset(scope.items()))
        if use in self._checked:
            return
        self._checked.add(use)
        before = len(self._report.errors)
        self.block(step.body, scope)
        for error in self._report.errors[before:]:
            error.notes = (*error.notes, Note(f"step `{step.name}` is used here", place))

    def _check_parts(self, cycle: ast.Cycle) -> None:
        parts = labelled(cycle)
        labels = [label for label, _ in parts]
        for at, (label, part) in enumerate(parts):
            if label in labels[:at]:
                self._fail(
                    f"a second `{part.name}` in one cycle",
                    part.span,
                    hint="repeat with `smooth 2 ...`, or put both into one block",
                )
            elif at and _ORDER[label] < max(_ORDER[before] for before in labels[:at]):
                self._fail(
                    f"`{part.name}` stands too late in its cycle",
                    part.span,
                    hint="the order is smooth, coarsen, solve, correct, smooth",
                )
        kind = self._written_kind(cycle)
        for error in missing(cycle, kind):
            self._report.error(error)
        for label, part in parts:
            if kind == "backslash" and label in ("correct", "post"):
                why = f"`{part.name}` never runs: a backslash cycle does not come back"
                self._report.warn(Caution(why, part.span))

    def _written_kind(self, cycle: ast.Cycle) -> str | None:
        """The kind, unless it is computed: then lowering asks for the parts that it needs."""
        if not isinstance(cycle.kind, ast.Name) or cycle.kind.name not in CYCLES:
            return None
        symbol = self._symbols.find(cycle.kind.name)
        computed = symbol is not None and symbol.what in ("parameter", "let")
        return None if computed else cycle.kind.name

    def _fail(
        self, message: str, span: Span, hint: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        self._report.error(SpecError(message, span, hint=hint, notes=notes))
