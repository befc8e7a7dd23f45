"""Applies declared operators: indices, spaces, weights."""

from __future__ import annotations

from dataclasses import dataclass

from mgiad_dsl.base.report import PoisonedError, Report
from mgiad_dsl.base.source import Caution, Note, Span, SpecError
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Place
from mgiad_dsl.graph.ops import Op, Shape, Weighted
from mgiad_dsl.language import rules
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator
from mgiad_dsl.language.spec import NetSpec, Operator
from mgiad_dsl.lower.builder import MAX_SIZE, Builder
from mgiad_dsl.lower.ends import Ends
from mgiad_dsl.lower.kinds import Kinds
from mgiad_dsl.lower.spaces import Spaces
from mgiad_dsl.lower.values import Tensor, worth, worth_in

VECTOR = "<vector>"
JOINED = "<joined>"
Bindings = dict[str, int]
_Given = tuple[tuple[Place, Shape], ...]


@dataclass(frozen=True)
class _Plan:
    """What one use of an operator is; ``settled`` once the size it is to give is known."""

    op: Op
    place: Place
    role: str
    levels: dict[str, int]
    settled: bool


class Operators:
    """The operators of a spec; applying one appends a node and uses its sharing group."""

    def __init__(
        self, spec: NetSpec, evaluator: Evaluator, spaces: Spaces, builder: Builder, report: Report
    ) -> None:
        self.families = {o.name: o for o in spec.operators}
        self._evaluator = evaluator
        self._spaces = spaces
        self._builder = builder
        self._report = report
        self._kinds = Kinds(evaluator)
        self.window = self._kinds.window
        self._plans: dict[tuple[str, tuple[int, ...], _Given], _Plan] = {}

    def is_space(self, name: str) -> bool:
        """Whether a name is a space or an input."""
        return name in self._spaces.families or name in self._spaces.inputs

    def apply(
        self, name: str, indices: tuple[int, ...], arguments: tuple[Tensor, ...], span: Span
    ) -> Tensor:
        """``name[indices](argument, ...)``

        Raises:
            SpecError: an index out of range, another space than the operator's, or channels
                and sizes that do not fit.
            PoisonedError: the operator's declaration is wrong, which was reported.
        """
        operator = self._sound(name)
        use = (name, indices, tuple((each.place, each.shape) for each in arguments))
        plan = self._plans.get(use)
        if plan is None:
            plan = self._plan(operator, indices, arguments, span)
            if plan.settled:
                self._plans[use] = plan
        argument = self._side_by_side(arguments, span)
        group = None
        if isinstance(plan.op, Weighted):
            if operator.starred:
                group = self._builder.star(operator, plan.op, plan.role, plan.levels)
            else:
                group = self._builder.group(
                    operator, indices, plan.op, plan.role, plan.levels, span
                )
        return self._builder.add(plan.op, (argument,), plan.place, span, operator=name, group=group)

    def _plan(
        self,
        operator: Operator,
        indices: tuple[int, ...],
        arguments: tuple[Tensor, ...],
        span: Span,
    ) -> _Plan:
        label = _label(operator.name, indices)
        env = self._bind(operator, label, indices, arguments, span)
        source = arguments[0].place
        place = self._codomain(operator, env, source, span)
        ends = self._ends(operator, label, _joined(label, arguments, span), place, span)
        op = self._kinds.build(operator.kind, env, ends)
        levels = self._levels(operator, env, place, source)
        role = _role(operator, place, source, self._spaces)
        is_space = place.identity in self._spaces.families
        return _Plan(op, place, role, levels, settled=ends.wanted is not None or not is_space)

    def _side_by_side(self, values: tuple[Tensor, ...], span: Span) -> Tensor:
        """The channels of several values as those of one."""
        if len(values) == 1:
            return values[0]
        label = f"{', '.join(value.place.label for value in values)} side by side"
        place = Place(JOINED, (), label, levels=values[0].place.levels)
        return self._builder.add(ops.Join(len(values)), values, place, span)

    def scalar(self, name: str, indices: tuple[int, ...], span: Span) -> Tensor:
        """The learnable number ``name[indices]``."""
        operator = self._sound(name)
        env = dict(zip(operator.indices, indices, strict=True))
        self._spaces.check_levels(env, _label(name, indices), span)
        op = self._kinds.scalar(operator.kind, env)
        levels = {n: v for n, v in env.items() if n in self._spaces.hierarchies}
        group = self._builder.group(operator, indices, op, "scalar", levels, span)
        return self._builder.scalar(op, group, span)

    def declare_rest(self) -> None:
        """Operators without an index exist once, used or not; others are nothing unused."""
        used = {group.family for group in self._builder.network.groups.values()}
        for operator in self.families.values():
            family = operator.kind.traits.family
            exists = not operator.indices and family not in ("resampling", "chance")
            if exists and operator.name not in used and not operator.wrong:
                with self._report.catch():
                    self._declare(operator)

    def _declare(self, operator: Operator) -> None:
        """Make the dead weights of an operator that nothing applies."""
        if operator.kind.traits.family == "number":
            op: Op = self._kinds.scalar(operator.kind, {})
            place = source = Place("", (), "")
        elif not operator.domains or _open_indices(operator, self._spaces):
            why = f"`{operator.name}` is never applied, and its spaces are not known without a use"
            self._report.warn(Caution(why, operator.span))
            return
        else:
            sides = [self._side(side, {}, operator.span) for side in operator.domains]
            source = sides[0]
            place = self._codomain(operator, {}, source, operator.span)
            known = None
            if source.identity in self._spaces.families:
                known = self._spaces.size(source.identity, source.indices)
            size = () if operator.kind.traits.gives_vector or known is None else known.size
            ends = Ends(
                operator.name,
                sum(map(self._channels, sides)),
                self._channels(place),
                size,
                rank=len(size) or self._spaces.rank,
                wanted=None,
                span=operator.span,
            )
            op = self._kinds.build(operator.kind, {}, ends)
        assert isinstance(op, Weighted)
        role = _role(operator, place, source, self._spaces)
        levels = self._levels(operator, {}, place, source)
        self._builder.group(operator, (), op, role, levels, operator.span)

    def _sound(self, name: str) -> Operator:
        operator = self.families[name]
        if operator.wrong:
            raise PoisonedError
        return operator

    # -- indices -----------------------------------------------------------------------------

    def _bind(
        self,
        operator: Operator,
        label: str,
        indices: tuple[int, ...],
        arguments: tuple[Tensor, ...],
        span: Span,
    ) -> Bindings:
        """The indices of a use: those in brackets, the others solved from the arguments."""
        env: Bindings = {}
        if not operator.starred:
            env = dict(zip(operator.indices, indices, strict=True))
        self._spaces.check_levels(env, label, span)
        if not operator.domains:
            return env
        for side, argument in zip(operator.domains, arguments, strict=True):
            pattern = side.indices if isinstance(side, ast.Index) else ()
            if len(pattern) == len(argument.place.indices):
                for expr, actual in zip(pattern, argument.place.indices, strict=True):
                    self._solve(expr, actual, env)
            domain = self._side(side, env, span)
            if domain != argument.place:
                note = Note(f"`{operator.name}` is declared here", operator.span)
                wanted = worth_in(domain, domain.label)
                rules.check_applied(label, note, wanted, worth(argument), span)
        return env

    def _solve(self, expr: ast.Expr, actual: int, env: Bindings) -> None:
        """Bind an index that stands only in the signature: ``l``, ``l - 1``, ``l + 1``."""
        open_ = sorted(ast.names_in(expr) & self._spaces.hierarchies.keys() - env.keys())
        if not open_:
            return
        match expr:
            case ast.Name(name):
                env[name] = actual
            case ast.Binary(ast.Name(name), ("+" | "-") as sign, rest) if name in open_:
                offset = self._evaluator.integer(rest, env, "an index")
                env[name] = actual - offset if sign == "+" else actual + offset
            case _:
                raise SpecError(
                    f"`{open_[0]}` does not follow from `{expr.span.text}`",
                    expr.span,
                    hint=f"write `{open_[0]}`, `{open_[0]} + 1` or `{open_[0]} - 1`, "
                    "or give the operator this index",
                )

    # -- places ------------------------------------------------------------------------------

    def _side(self, side: ast.Expr, env: Bindings, span: Span) -> Place:
        """A domain or codomain: a space, an input, or a number for a space of its own."""
        if isinstance(side, (ast.Name, ast.Index)):
            name = side.name
            if name in self._spaces.families or name in self._spaces.inputs:
                exprs = side.indices if isinstance(side, ast.Index) else ()
                values = tuple(self._evaluator.integer(e, env, "an index") for e in exprs)
                return self._spaces.place(name, values, span)
        number = self._evaluator.channels(side, env, "the number of channels")
        if not 1 <= number <= MAX_SIZE:
            raise SpecError(
                f"the number of channels must be 1 to {MAX_SIZE:,}, not {number:,}", side.span
            )
        return Place(VECTOR, (number,), f"a space of {number} channels", side.span)

    def _codomain(self, operator: Operator, env: Bindings, source: Place, span: Span) -> Place:
        if operator.codomain is None:
            return source
        place = self._side(operator.codomain, env, span)
        if operator.kind.traits.gives_vector and place.identity != VECTOR:
            raise SpecError(
                f"`{operator.name}` is {operator.kind.name} and gives a vector, "
                f"not a value of {place.label}",
                operator.codomain.span,
                hint="write the number of outputs, or take a conv 1x1",
            )
        return place

    def _channels(self, place: Place) -> int:
        if place.identity == VECTOR:
            return place.indices[0]
        if place.identity in self._spaces.inputs:
            return self._spaces.input_shape(place.identity)[0]
        return self._spaces.channels(place)

    def _ends(self, operator: Operator, label: str, shape: Shape, place: Place, span: Span) -> Ends:
        keeps = operator.codomain is None
        wanted = None
        if not keeps and place.identity in self._spaces.families:
            known = self._spaces.size(place.identity, place.indices)
            wanted = known.size if known else None
        return Ends(
            label,
            shape[0],
            shape[0] if keeps else self._channels(place),
            shape[1:],
            rank=len(shape) - 1,
            wanted=wanted,
            span=span,
        )

    def _levels(
        self, operator: Operator, env: Bindings, place: Place, source: Place
    ) -> dict[str, int]:
        """The levels a use belongs to: its bracket indices, else the space it gives."""
        bound = {n: env[n] for n in operator.indices if n in env and n in self._spaces.hierarchies}
        return {**source.levels, **place.levels, **bound}


def _label(name: str, indices: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, indices))}]" if indices else name


def _joined(label: str, values: tuple[Tensor, ...], span: Span) -> Shape:
    """The shape of values side by side."""
    first, *others = values
    for other in others:
        if other.size != first.size:
            raise SpecError(f"sizes disagree in what `{label}` takes: {first} and {other}", span)
    return (sum(value.shape[0] for value in values), *first.size)


def _role(operator: Operator, place: Place, source: Place, spaces: Spaces) -> str:
    if operator.kind.traits.family in ("norm", "activation", "chance"):
        return operator.kind.traits.family
    if operator.kind.traits.family == "number":
        return "scalar"
    if source.identity in spaces.inputs:
        return "stem"
    if place.identity == VECTOR:
        return "head"
    return "operator" if place.indices == source.indices else "transfer"


def _open_indices(operator: Operator, spaces: Spaces) -> bool:
    """Whether a signature leaves level indices open that only a use can bind."""
    sides = [s for s in (*operator.domains, operator.codomain) if s is not None]
    return any(ast.names_in(side) & spaces.hierarchies.keys() for side in sides)
