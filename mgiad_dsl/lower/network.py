"""Runs a checked spec symbolically, equation by equation, in the order of its cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mgiad_dsl.base.report import PoisonedError, Report
from mgiad_dsl.base.source import Caution, LimitError, Note, Span, SpecError
from mgiad_dsl.check.parts import labelled, missing
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Body, Cycle, Loop, Output, Part, Pass, Role, Stage, Start, Visit
from mgiad_dsl.graph.weights import tensors
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator
from mgiad_dsl.language.rules import ONLY_ZERO
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.language.words import CYCLES
from mgiad_dsl.lower.builder import Builder
from mgiad_dsl.lower.equations import Equations
from mgiad_dsl.lower.likeness import hang_zeros
from mgiad_dsl.lower.memory import Key, Memory
from mgiad_dsl.lower.operators import Operators
from mgiad_dsl.lower.schedule import schedule
from mgiad_dsl.lower.spaces import Spaces
from mgiad_dsl.lower.values import Tensor
from mgiad_dsl.lower.where import Where
from mgiad_dsl.lower.written import written

Environment = dict[str, object]


def lower(spec: NetSpec, report: Report, evaluator: Evaluator | None = None) -> Network:
    """The network of a spec: every operation that runs, and all its weights.

    Errors go to the report; the network is complete only when there are none. The evaluator, if
    not that of the spec, gives the same values.
    """
    return _Lowering(spec, report, evaluator or Evaluator(spec.values, spec.let_by_name)).run()


class _Lowering:
    def __init__(self, spec: NetSpec, report: Report, evaluator: Evaluator) -> None:
        self._spec = spec
        self._report = report
        self._evaluator = evaluator
        self._builder = Builder(spec.title, spec.name)
        self._spaces = Spaces(spec, self._evaluator)
        self._operators = Operators(spec, self._evaluator, self._spaces, self._builder, report)
        self._memory = Memory(self._spaces, self._builder)
        self._equations = Equations(
            self._evaluator, self._operators, self._builder, self._memory.read
        )
        self._steps = {step.name: step for step in spec.steps}
        self._texts: dict[tuple[int, ...], str] = {}  # of equations, by their branches
        self._visits: Counter[tuple[tuple[str | int, ...], str, int]] = Counter()

    def run(self) -> Network:
        network = self._builder.network
        try:
            self._spaces.check_ranges()
            for name in self._spaces.inputs:
                self._memory.input(name)
            network.tree = tuple(self._stages())
            hang_zeros(network)
            self._operators.declare_rest()
            if not self._report.errors:
                self._spaces.check_reached(self._report)
                self._warn_dead()
        except SpecError as error:  # one that leaves nothing to go on with
            self._report.error(error)
        except PoisonedError:
            pass
        return network

    def _stages(self) -> Iterator[Stage]:
        for start in self._spec.starts:
            where = Where().start()
            yield Start(where.path, self._block(start.body, {}, where))
        for item in self._spec.cycles:
            if isinstance(item, ast.Loop):
                yield self._loop(item, {}, Where())
            elif isinstance(item, ast.Cycle):
                yield self._cycle(item, {}, Where())
        for output in self._spec.outputs:
            yield from self._output(output)

    # -- statements --------------------------------------------------------------------------

    def _block(self, body: tuple[ast.Statement, ...], env: Environment, where: Where) -> Body:
        local = dict(env)
        self._builder.enter()
        own = where
        if any(isinstance(statement, (ast.Cycle, ast.Loop)) for statement in body):
            own = where.beside_cycles()
        for statement in body:
            self._evaluator.spend(1, statement.span)
            match statement:
                case ast.Cycle():
                    self._builder.place(self._cycle(statement, local, where))
                case ast.Loop():
                    self._builder.place(self._loop(statement, local, where))
                case ast.Let(declared):
                    local[declared.name] = None
                    self._guarded(statement, local, own)
                case ast.Assign():
                    self._guarded(statement, local, own)
                case ast.Wrong():
                    self._memory.lose()
        return self._builder.leave()

    def _guarded(self, statement: ast.Let | ast.Assign, env: Environment, where: Where) -> None:
        """Run one equation; an error is reported once and leaves its target undefined."""
        try:
            self._evaluator.taken.clear()
            if isinstance(statement, ast.Let):
                self._let(statement, env, where)
            else:
                self._assign(statement, env, where)
        except PoisonedError:
            return
        except LimitError:
            raise
        except SpecError as error:
            error.notes = (*error.notes, Note(f"at {where.words}"))
            self._report.error(error)

    def _let(self, let: ast.Let, env: Environment, where: Where) -> None:
        name = let.declared.name
        self._builder.open(where, name)
        value = self._equations.value(let.value, env)
        env[name] = value
        if isinstance(value, Tensor):
            text = self._written(let.span)
            self._builder.place(self._builder.close(name, None, value, text, let.span))

    def _assign(self, statement: ast.Assign, env: Environment, where: Where) -> None:
        key = self._target(statement.target, env)
        self._spaces.reach(self._spaces.families[key[0]], key[1])
        try:
            self._builder.open(where, key[0])
            value = self._equations.value(statement.value, env)
            text = self._written(statement.span)
            if isinstance(value, Tensor):
                self._memory.set(key, value, text, statement.span)
            elif value == 0 and not isinstance(value, bool):
                self._memory.set_zero(key, where, text, statement.span)
            else:
                raise SpecError(ONLY_ZERO, statement.value.span)
        except (SpecError, PoisonedError):
            self._memory.poison(key)
            raise

    def _written(self, span: Span) -> str:
        taken = self._evaluator.taken
        key = (span.start, *(branch.span.start for branch in taken.values()))
        if key not in self._texts:
            self._texts[key] = written(span, taken)
        return self._texts[key]

    def _target(self, target: ast.Name | ast.Index, env: Environment) -> Key:
        """The space that an equation sets."""
        try:
            exprs = target.indices if isinstance(target, ast.Index) else ()
            indices = self._equations.indices(exprs, env)
            self._spaces.place(target.name, indices, target.span)
        except (SpecError, PoisonedError):
            self._memory.lose()
            raise
        return target.name, indices

    def _output(self, output: ast.Output) -> Iterator[Output]:
        try:
            self._evaluator.taken.clear()
            self._builder.open(Where().output(output.name), output.name)
            value = self._equations.tensor(output.value, {})
            text = self._written(output.span)
            self._builder.network.outputs[output.name] = value.node
            yield Output(self._builder.close(output.name, None, value, text, output.span))
        except PoisonedError:
            return
        except SpecError as error:
            self._report.error(error)

    # -- loops and cycles ----------------------------------------------------------------------

    def _loop(self, loop: ast.Loop, env: Environment, where: Where) -> Loop:
        index, passes = loop.repeat.index, []
        assert index is not None
        first, last = self._bounds(loop.repeat, env)
        for number in range(first, last + 1):
            self._evaluator.spend(1, loop.span)
            at = where.looped(index, number, first)
            body = self._block(loop.body, {**env, index: number}, at)
            passes.append(Pass(number, at.path, body))
        return Loop(index, tuple(passes))

    def _bounds(self, repeat: ast.Repeat, env: Environment) -> tuple[int, int]:
        """The first and the last number; the last is one less where nothing runs."""
        first = self._evaluator.integer(repeat.range.first, env, "the first step")
        last = self._evaluator.integer(repeat.range.last, env, "the number of steps")
        if last < first - 1:
            count = last - first + 1
            raise SpecError(
                f"the number of steps must be 0 or more, not {count:,}", repeat.range.span
            )
        return first, last

    def _cycle(self, cycle: ast.Cycle, env: Environment, where: Where) -> Cycle:
        index = cycle.index.name
        first, last = self._spaces.range(self._spaces.hierarchies[index], env)
        kind = self._kind(cycle, env)
        parts = dict(labelled(cycle))
        for error in missing(cycle, kind):
            raise error
        visits: list[Visit] = []
        for label, level in schedule(kind, first, last):
            self._evaluator.spend(1, cycle.span)
            visit = self._visit(where, index, level, begins=label in ("pre", "solve"))
            inside = {**env, index: level}
            at = where.level(index, level, visit)
            labels: tuple[Role, ...] = (label,)
            if label == "solve" and "solve" not in parts:  # the coarsest level smooths instead
                labels = ("pre", "post") if kind != "backslash" else ("pre",)
            found = tuple(
                self._part(each, parts[each], inside, at) for each in labels if each in parts
            )
            if visits and (visits[-1].level, visits[-1].number) == (level, visit):
                found = visits.pop().parts + found
            visits.append(Visit(index, level, visit, found))
        return Cycle(index, kind, tuple(visits))

    def _visit(self, where: Where, index: str, level: int, *, begins: bool) -> int:
        """The number of the visit of a level, which may begin now."""
        key = (where.path, index, level)
        self._visits[key] += begins
        return self._visits[key]

    def _kind(self, cycle: ast.Cycle, env: Environment) -> str:
        kind = self._evaluator.value(cycle.kind, env)
        if kind not in CYCLES:
            raise SpecError(
                "a cycle is backslash, V, W or F", cycle.kind.span, hint="cycle over l : V { ... }"
            )
        return str(kind)

    def _part(self, role: Role, part: ast.Part, env: Environment, where: Where) -> Part:
        before = len(self._report.errors)
        step = part.step.name if part.step else None
        body = self._steps[step].body if step else part.body
        passes = tuple(self._passes(part, body, env, where.part(role)))
        if part.step is not None:
            note = Note(f"step `{part.step.name}` is used here", part.step.span)
            for error in self._report.errors[before:]:
                error.notes = (*error.notes, note)
        return Part(role, step, part.repeat.index if part.repeat else None, passes)

    def _passes(
        self, part: ast.Part, body: tuple[ast.Statement, ...], env: Environment, where: Where
    ) -> Iterator[Pass]:
        if part.repeat is None:
            yield Pass(None, where.path, self._block(body, env, where))
            return
        first, last = self._bounds(part.repeat, env)
        for number in range(first, last + 1):
            self._evaluator.spend(1, part.span)
            bound = {part.repeat.index: number} if part.repeat.index else {}
            at = where.repeated(number, first)
            yield Pass(number, at.path, self._block(body, {**env, **bound}, at))

    # -- warnings ----------------------------------------------------------------------------

    def _warn_dead(self) -> None:
        network = self._builder.network
        live = network.live_groups()
        lines: dict[int, list[str]] = {}
        for name, group in network.groups.items():
            if name not in live and tensors(group.op):
                line, _ = group.span.source.place(group.span.start)
                lines.setdefault(line, []).append(name)
        for names in lines.values():
            applied = any(network.groups[name].users for name in names)
            why = "no path to an output" if applied else "never applied"
            span = network.groups[names[0]].span
            more = f" and {len(names) - 4:,} more" if len(names) > 4 else ""
            which = ", ".join(names[:4]) + more
            self._report.warn(Caution(f"dead weights, {why}: {which}", span))
