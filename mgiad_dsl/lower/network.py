"""Runs a checked spec symbolically, equation by equation, in the order of its cycles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from mgiad_dsl import ops
from mgiad_dsl import syntax as ast
from mgiad_dsl.check.statements import labelled
from mgiad_dsl.evaluate import Evaluator
from mgiad_dsl.graph import Frame, NetGraph, Place, Scope, path
from mgiad_dsl.lower.builder import Builder
from mgiad_dsl.lower.equations import Equations, Result
from mgiad_dsl.lower.operators import Operators
from mgiad_dsl.lower.schedule import schedule
from mgiad_dsl.lower.spaces import Spaces
from mgiad_dsl.lower.values import Tensor
from mgiad_dsl.report import PoisonedError, Report
from mgiad_dsl.source import Caution, Note, Span, SpecError
from mgiad_dsl.spec import NetSpec
from mgiad_dsl.words import CYCLES

Environment = dict[str, object]


def lower(spec: NetSpec, report: Report) -> NetGraph:
    """The graph of a network: every operation that runs, and all its weights.

    Errors go to the report; the graph is complete only when there are none.
    """
    return _Lowering(spec, report).run()


@dataclass(frozen=True)
class _Zero:
    """A zero that waits for the size of its space."""

    scope: Scope
    span: Span


class _Lowering:
    def __init__(self, spec: NetSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        self._evaluator = Evaluator(spec.values, {t.declared.name: t for t in spec.lets})
        self._builder = Builder(spec.title)
        self._spaces = Spaces(spec, self._evaluator)
        self._operators = Operators(spec, self._evaluator, self._spaces, self._builder, report)
        self._equations = Equations(self._evaluator, self._operators, self._builder, self._read)
        self._steps = {step.name: step for step in spec.steps}
        self._values: dict[tuple[str, tuple[int, ...]], Tensor | _Zero | None] = {}
        self._visits: Counter[str] = Counter()

    def run(self) -> NetGraph:
        try:
            for name in self._spaces.inputs:
                self._input(name)
            for start in self._spec.starts:
                self._block(start.body, {}, (Frame("start", "start"),))
            for cycle in self._spec.cycles:
                self._cycle(cycle, {}, ())
            for output in self._spec.outputs:
                self._output(output)
            self._operators.declare_rest()
            if not self._report.errors:
                self._spaces.check_reached(self._report)
                self._warn_dead()
        except SpecError as error:  # one that leaves nothing to go on with
            self._report.error(error)
        return self._builder.graph

    # -- values ------------------------------------------------------------------------------

    def _input(self, name: str) -> None:
        declared = self._spaces.inputs[name]
        shape = self._spaces.input_shape(name)
        place = self._spaces.place(name, (), declared.span)
        tensor = self._builder.input(name, ops.Input(name), place, shape, declared.span)
        self._builder.close((), name, None, tensor, declared.span)
        self._values[name, ()] = tensor

    def _read(self, name: str, indices: tuple[int, ...], span: Span) -> Tensor:
        """The current value of a space or an input."""
        place = self._spaces.place(name, indices, span)
        if (name, indices) not in self._values:
            raise SpecError(
                f"{place.label} is read before it is set",
                span,
                hint=f"give it a value in `start`, such as {place.label} = 0, or in a `coarsen`",
            )
        value = self._values[name, indices]
        if value is None:
            raise PoisonedError
        if isinstance(value, _Zero):
            raise SpecError(
                f"{place.label} is 0, but its size is not known yet",
                span,
                hint="assign a value to a space declared in the same line before, or say its size",
                notes=(Note("set here", value.span),),
            )
        return value

    def _assign(self, statement: ast.Assign, env: Environment, scope: Scope) -> None:
        target = statement.target
        exprs = target.indices if isinstance(target, ast.Index) else ()
        indices = self._equations.indices(exprs, env)
        key = (target.name, indices)
        place = self._spaces.place(target.name, indices, target.span)
        self._spaces.reach(self._spaces.families[target.name], indices)
        self._builder.open(scope, target.name)
        try:
            value = self._equations.value(statement.value, env)
        except (SpecError, PoisonedError):
            self._values[key] = None
            raise
        if not isinstance(value, Tensor):
            self._assign_zero(statement, key, value, scope)
            return
        self._check_place(value, place, statement.span)
        new = self._spaces.settle(*key, value.size, statement.span)
        tensor = Tensor(value.node, place, value.shape)
        self._values[key] = tensor
        self._builder.close(scope, target.name, indices, tensor, statement.span)
        if new:
            self._fill_zeros(*key)

    def _check_place(self, value: Tensor, place: Place, span: Span) -> None:
        if value.place == place:
            return
        if value.place.identity in self._spaces.inputs:
            channels = self._spaces.channels(place)
            if value.shape[0] == channels:
                return
            raise SpecError(
                f"{value.place.label} has {value.shape[0]} channels and {place.label} {channels}",
                span,
            )
        spans = dict.fromkeys((value.place.span, place.span))
        raise SpecError(
            f"a value of {value.place.label} cannot be assigned to {place.label}",
            span,
            notes=tuple(Note("this space is declared here", s) for s in spans if s),
        )

    # -- zeros -------------------------------------------------------------------------------

    def _assign_zero(
        self, statement: ast.Assign, key: tuple[str, tuple[int, ...]], value: Result, scope: Scope
    ) -> None:
        if value != 0 or isinstance(value, bool):
            raise SpecError("of all numbers only 0 is a value of every space", statement.value.span)
        self._values[key] = _Zero(scope, statement.span)
        if self._spaces.size(*key) is not None:
            self._make_zero(key)

    def _fill_zeros(self, family: str, indices: tuple[int, ...]) -> None:
        """Zeros of spaces declared in one line with a space whose size is known by now."""
        sizes = self._spaces.families[family].sizes
        for space in self._spaces.families.values():
            key = (space.name, indices)
            if space.sizes == sizes and isinstance(self._values.get(key), _Zero):
                self._make_zero(key)

    def _make_zero(self, key: tuple[str, tuple[int, ...]]) -> None:
        zero, known = self._values[key], self._spaces.size(*key)
        assert isinstance(zero, _Zero)
        assert known is not None
        place = self._spaces.place(*key, zero.span)
        shape = (self._spaces.channels(place), *known.size)
        self._builder.open(zero.scope, key[0])
        tensor = self._builder.add(
            ops.Zeros(), (self._like(key, zero.span),), place, zero.span, shape=shape
        )
        self._values[key] = tensor
        self._builder.close(zero.scope, *key, tensor, zero.span)

    def _like(self, key: tuple[str, tuple[int, ...]], span: Span) -> Tensor:
        """A tensor to take batch size, dtype and device from: of the same size, or an input."""
        family, indices = key
        sizes = self._spaces.families[family].sizes
        for space in self._spaces.families.values():
            value = self._values.get((space.name, indices))
            if space.sizes == sizes and isinstance(value, Tensor):
                return value
        first = next(iter(self._spaces.inputs), None)
        if first is None:
            raise SpecError("a network without an input has no size", span)
        return self._read(first, (), span)

    # -- statements --------------------------------------------------------------------------

    def _block(self, body: tuple[ast.Statement, ...], env: Environment, scope: Scope) -> None:
        local = dict(env)
        for statement in body:
            self._evaluator.spend(1, statement.span)
            match statement:
                case ast.Cycle():
                    self._cycle(statement, local, scope)
                case ast.Let(declared):
                    local[declared.name] = None
                    self._guarded(statement, local, scope)
                case ast.Assign():
                    self._guarded(statement, local, scope)

    def _guarded(self, statement: ast.Let | ast.Assign, env: Environment, scope: Scope) -> None:
        """Run one equation; an error is reported once and leaves its target undefined."""
        try:
            if isinstance(statement, ast.Let):
                self._let(statement, env, scope)
            elif self._report.is_faulty(statement.span):
                self._poison(statement, env)
            else:
                self._assign(statement, env, scope)
        except PoisonedError:
            return
        except SpecError as error:
            where = path(scope)
            if where and error.span is not None:
                error.notes = (*error.notes, Note(f"at {_place(scope)}"))
            self._report.error(error)

    def _poison(self, statement: ast.Assign, env: Environment) -> None:
        target = statement.target
        exprs = target.indices if isinstance(target, ast.Index) else ()
        if target.name in self._spaces.families:
            indices = self._equations.indices(exprs, env)
            self._values[target.name, indices] = None
            self._spaces.reach(self._spaces.families[target.name], indices)

    def _let(self, let: ast.Let, env: Environment, scope: Scope) -> None:
        if self._report.is_faulty(let.span):
            return
        name = let.declared.name
        self._builder.open(scope, name)
        value = self._equations.value(let.value, env)
        env[name] = value
        if isinstance(value, Tensor):
            self._builder.close(scope, name, None, value, let.span)

    def _output(self, output: ast.Output) -> None:
        scope = (Frame("output", "output"),)
        if self._report.is_faulty(output.span):
            return
        try:
            self._builder.open(scope, output.name)
            value = self._equations.tensor(output.value, {})
            self._builder.close(scope, output.name, None, value, output.span)
            self._builder.graph.outputs[output.name] = value.node
        except PoisonedError:
            return
        except SpecError as error:
            self._report.error(error)

    # -- cycles ------------------------------------------------------------------------------

    def _cycle(self, cycle: ast.Cycle, env: Environment, scope: Scope) -> None:
        hierarchy = self._spaces.hierarchies.get(cycle.index.name)
        if hierarchy is None or cycle.index.name in env:
            return  # reported by the checker
        first, last = self._spaces.range(hierarchy, env)
        kind = self._kind(cycle, env)
        parts = dict(labelled(cycle))
        if kind != "backslash" and "correct" not in parts:
            raise SpecError(
                f"this cycle lacks a `correct`: a {kind} cycle comes back to each level",
                cycle.index.span,
            )
        for label, level in schedule(kind, first, last):
            self._evaluator.spend(1, cycle.span)
            if label in ("pre", "solve"):
                self._visits[f"{path(scope)}/{cycle.index.name}{level}"] += 1
            visit = self._visits[f"{path(scope)}/{cycle.index.name}{level}"]
            frame = Frame("level", cycle.index.name, level, visit, cycle=kind)
            inside = {**env, cycle.index.name: level}
            if label == "solve" and "solve" not in parts:  # the coarsest level smooths instead
                for name in ("pre", "post") if kind != "backslash" else ("pre",):
                    self._part(name, parts.get(name), inside, (*scope, frame))
            else:
                self._part(label, parts.get(label), inside, (*scope, frame))

    def _kind(self, cycle: ast.Cycle, env: Environment) -> str:
        kind = self._evaluator.value(cycle.kind, env)
        if kind not in CYCLES:
            raise SpecError(
                "a cycle is backslash, V, W or F", cycle.kind.span, hint="cycle over l : V { ... }"
            )
        return str(kind)

    def _part(self, label: str, part: ast.Part | None, env: Environment, scope: Scope) -> None:
        if part is None:
            return
        step = part.step.name if part.step else None
        body = self._steps[step].body if step in self._steps else part.body
        if part.repeat is None:
            self._block(body, env, (*scope, Frame("part", label, step=step)))
            return
        first = self._evaluator.integer(part.repeat.range.first, env, "the first step")
        last = self._evaluator.integer(part.repeat.range.last, env, "the number of steps")
        if last < first - 1:
            raise SpecError(f"{last - first + 1} steps", part.repeat.span, hint="0 or more")
        for number in range(first, last + 1):
            self._evaluator.spend(1, part.span)
            frame = Frame("part", label, number, step=step)
            bound = {part.repeat.index: number} if part.repeat.index else {}
            self._block(body, {**env, **bound}, (*scope, frame))

    # -- warnings ----------------------------------------------------------------------------

    def _warn_dead(self) -> None:
        graph = self._builder.graph
        live = graph.live_groups()
        lines: dict[int, list[str]] = {}
        for name, group in graph.groups.items():
            if name not in live:
                line, _ = group.span.source.place(group.span.start)
                lines.setdefault(line, []).append(name)
        for names in lines.values():
            applied = any(graph.groups[name].users for name in names)
            why = "have no path to an output" if applied else "are never applied"
            span = graph.groups[names[0]].span
            self._report.warn(Caution(f"dead weights: {', '.join(names)} {why}", span))


def _place(scope: Scope) -> str:
    """Where in the cycles: ``l = 2, k = 0, pre 1``."""
    words = []
    for frame in scope:
        value = "" if frame.value is None else str(frame.value)
        words.append(
            f"{frame.name} = {value}" if frame.kind == "level" else f"{frame.name} {value}"
        )
    return ", ".join(word.strip() for word in words)
