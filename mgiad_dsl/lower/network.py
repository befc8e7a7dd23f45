"""Runs a checked spec symbolically, equation by equation, in the order of its cycles."""

from __future__ import annotations

from collections import Counter

from mgiad_dsl.base.report import PoisonedError, Report
from mgiad_dsl.base.source import Caution, LimitError, Note, SpecError
from mgiad_dsl.check.parts import labelled, missing
from mgiad_dsl.graph.network import Frame, NetGraph, Scope, path
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator
from mgiad_dsl.language.rules import ONLY_ZERO
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.language.words import CYCLES
from mgiad_dsl.lower.builder import Builder
from mgiad_dsl.lower.equations import Equations
from mgiad_dsl.lower.memory import Key, Memory
from mgiad_dsl.lower.operators import Operators
from mgiad_dsl.lower.schedule import schedule
from mgiad_dsl.lower.spaces import Spaces
from mgiad_dsl.lower.values import Tensor

Environment = dict[str, object]


def lower(spec: NetSpec, report: Report) -> NetGraph:
    """The graph of a network: every operation that runs, and all its weights.

    Errors go to the report; the graph is complete only when there are none.
    """
    return _Lowering(spec, report).run()


class _Lowering:
    def __init__(self, spec: NetSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        self._evaluator = Evaluator(spec.values, {t.declared.name: t for t in spec.lets})
        self._builder = Builder(spec.title)
        self._spaces = Spaces(spec, self._evaluator)
        self._operators = Operators(spec, self._evaluator, self._spaces, self._builder, report)
        self._memory = Memory(self._spaces, self._builder)
        self._equations = Equations(
            self._evaluator, self._operators, self._builder, self._memory.read
        )
        self._steps = {step.name: step for step in spec.steps}
        self._visits: Counter[str] = Counter()

    def run(self) -> NetGraph:
        try:
            self._spaces.check_ranges()
            for name in self._spaces.inputs:
                self._memory.input(name)
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
        except PoisonedError:
            pass
        return self._builder.graph

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
            else:
                self._assign(statement, env, scope)
        except PoisonedError:
            return
        except LimitError:
            raise
        except SpecError as error:
            error.notes = (*error.notes, Note(f"at {_place(scope)}"))
            self._report.error(error)

    def _let(self, let: ast.Let, env: Environment, scope: Scope) -> None:
        if let.span in self._spec.faulty:
            return
        name = let.declared.name
        self._builder.open(scope, name)
        value = self._equations.value(let.value, env)
        env[name] = value
        if isinstance(value, Tensor):
            self._builder.close(scope, name, None, value, let.span)

    def _assign(self, statement: ast.Assign, env: Environment, scope: Scope) -> None:
        key = self._target(statement.target, env)
        self._spaces.reach(self._spaces.families[key[0]], key[1])
        try:
            if statement.span in self._spec.faulty:
                raise PoisonedError
            self._builder.open(scope, key[0])
            value = self._equations.value(statement.value, env)
            if isinstance(value, Tensor):
                self._memory.set(key, value, scope, statement.span)
            elif value == 0 and not isinstance(value, bool):
                self._memory.set_zero(key, scope, statement.span)
            else:
                raise SpecError(ONLY_ZERO, statement.value.span)
        except (SpecError, PoisonedError):
            self._memory.poison(key)
            raise

    def _target(self, target: ast.Name | ast.Index, env: Environment) -> Key:
        """The space that an equation sets."""
        try:
            if target.span in self._spec.faulty:
                raise PoisonedError
            exprs = target.indices if isinstance(target, ast.Index) else ()
            indices = self._equations.indices(exprs, env)
            self._spaces.place(target.name, indices, target.span)
        except (SpecError, PoisonedError):
            self._memory.lose()
            raise
        return target.name, indices

    def _output(self, output: ast.Output) -> None:
        scope = (Frame("output", "output"),)
        if output.span in self._spec.faulty:
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
        first, last = self._spaces.range(self._spaces.hierarchies[cycle.index.name], env)
        kind = self._kind(cycle, env)
        parts = dict(labelled(cycle))
        for error in missing(cycle, kind):
            raise error
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
        before = len(self._report.errors)
        self._repeat(label, part, env, scope)
        if part.step is not None:
            note = Note(f"step `{part.step.name}` is used here", part.step.span)
            for error in self._report.errors[before:]:
                error.notes = (*error.notes, note)

    def _repeat(self, label: str, part: ast.Part, env: Environment, scope: Scope) -> None:
        step = part.step.name if part.step else None
        body = self._steps[step].body if step else part.body
        if part.repeat is None:
            self._block(body, env, (*scope, Frame("part", label, step=step)))
            return
        first = self._evaluator.integer(part.repeat.range.first, env, "the first step")
        last = self._evaluator.integer(part.repeat.range.last, env, "the number of steps")
        if last < first - 1:
            count = last - first + 1
            raise SpecError(
                f"the number of steps must be 0 or more, not {count:,}", part.repeat.range.span
            )
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
            why = "no path to an output" if applied else "never applied"
            span = graph.groups[names[0]].span
            more = f" and {len(names) - 4:,} more" if len(names) > 4 else ""
            which = ", ".join(names[:4]) + more
            self._report.warn(Caution(f"dead weights, {why}: {which}", span))


def _place(scope: Scope) -> str:
    """Where in the cycles: ``l = 2, k = 0, pre 1``."""
    words = []
    for frame in scope:
        value = "" if frame.value is None else str(frame.value)
        words.append(
            f"{frame.name} = {value}" if frame.kind == "level" else f"{frame.name} {value}"
        )
    return ", ".join(word.strip() for word in words)
