"""Which tensors are alive while a program runs: it is run on shapes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

from typing_extensions import assert_never

from mgiad_dsl.counting.arrays import Array, Dtype, value
from mgiad_dsl.counting.saved import beside
from mgiad_dsl.graph import ops, shapes
from mgiad_dsl.graph.ops import Op, Shape, Weighted, is_number
from mgiad_dsl.graph.tree import part_name, visit_name
from mgiad_dsl.outline.program import (
    Apply,
    Argument,
    Assign,
    Call,
    Comment,
    Default,
    Element,
    Expression,
    Function,
    Index,
    Known,
    Member,
    OnCoarsest,
    Parameter,
    PartKey,
    Program,
    Reference,
    Repeat,
    Return,
    Statement,
    Take,
    Variable,
)

_Key = tuple[object, ...]  # where an operator lies: its family, indices or the path to a norm


@dataclass(frozen=True, eq=False)
class _Tensor:
    shape: Shape
    bytes: int


@dataclass
class _Frame:
    """A function that runs: what its names stand for, and what an expression computed so far."""

    tensors: dict[str, _Tensor] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    operators: dict[str, _Key] = field(default_factory=dict)
    stack: list[_Tensor] = field(default_factory=list)


def peak(program: Program, batch: int, dtype: Dtype) -> int:
    """The most bytes of values that are alive at once in an inference, the inputs among them.

    A value is alive as long as Python holds it: in a variable of a function that runs, or as a
    part of an expression that is being computed.
    """
    return _Run(program, batch, dtype).peak


class _Run:
    """A run of a program, with a frame for each function that runs; the last one is innermost."""

    def __init__(self, program: Program, batch: int, dtype: Dtype) -> None:
        self._batch, self._dtype = batch, dtype
        self._steps = {step.name: step for step in program.steps}
        self._cycles = {cycle.name: cycle for cycle in program.cycles}
        self._operators: dict[_Key, Weighted] = {
            (group.family, *(group.path or group.indices)): group.op
            for members in program.families
            for group in members
        }
        inputs = {name: self._tensor(node.shape) for name, node in program.inputs}
        self._frames = [_Frame(inputs)]
        self.peak = sum(each.bytes for each in inputs.values())
        self._run(program.forward)

    # -- statements --------------------------------------------------------------------------

    def _run(self, body: Sequence[Statement]) -> list[_Tensor]:
        """Run statements of the innermost function; what it returns."""
        frame = self._frames[-1]
        for statement in body:
            match statement:
                case Comment():
                    pass
                case Take(names, operators):
                    frame.operators.update(zip(names, map(self._key, operators), strict=True))
                case Assign(target, expression):
                    frame.tensors[target] = self._value(expression)
                case Default(target, expression, parts):
                    if target not in frame.tensors:
                        self._run((*parts, Assign(target, expression)))
                case Call(()):
                    return self._call(statement)
                case Call(targets):
                    frame.tensors.update(zip(targets, self._call(statement), strict=True))
                case Repeat(call, times, name, over, first):
                    for number in range(first, first + times):
                        if name is not None and over is not None:
                            frame.operators[name] = (*self._key(over), number)
                        self._run((call,))
                case OnCoarsest(level, coarsest, inner):
                    if frame.indices[level] == frame.indices[coarsest]:
                        return self._run(inner)
                case Return(values):
                    return self._values(values)
                case _:
                    assert_never(statement)
        return []

    def _call(self, call: Call) -> list[_Tensor]:
        function = (self._cycles if call.method else self._steps)[call.function]
        self._frames.append(self._bound(function, call.arguments))
        results = self._run(function.body)
        self._frames.pop()
        return results

    def _bound(self, function: Function, arguments: Sequence[Argument]) -> _Frame:
        """The parameters of a function, with what it is given."""
        made, frame = _Frame(), self._frames[-1]
        for formal, argument in zip(function.parameters, arguments, strict=False):
            match argument:
                case Variable(name):
                    made.tensors[formal.name] = frame.tensors[name]
                case Known(parameter, Variable(name)):
                    made.tensors[parameter] = frame.tensors[name]
                case Index():
                    made.indices[formal.name] = self._index(argument)
                case Member() | Parameter() | Element():
                    made.operators[formal.name] = self._key(argument)
                case _:
                    assert_never(argument)
        return made

    def _index(self, index: Index) -> int:
        return index.number + (self._frames[-1].indices[index.of] if index.of else 0)

    def _key(self, reference: Reference) -> _Key:
        """Where an operator lies, or a list or dict of them."""
        match reference:
            case Member(family):
                return (family,)
            case Parameter(name):
                return self._frames[-1].operators[name]
            case Element(of, PartKey(index, level, number, role)):
                visit = visit_name(index, self._index(level), number)
                return (*self._key(of), part_name(visit, role))
            case Element(of, (Index(), *_) as indices):
                return (*self._key(of), *map(self._index, indices))
            case Element(of, key):
                return (*self._key(of), key)
            case _:
                assert_never(reference)

    # -- expressions -------------------------------------------------------------------------

    def _values(self, expressions: Sequence[Expression]) -> list[_Tensor]:
        """Values from left to right: those before stay alive on the stack."""
        stack = self._frames[-1].stack
        first = len(stack)
        for expression in expressions:
            stack.append(self._value(expression))
        values = stack[first:]
        del stack[first:]
        return values

    def _value(self, expression: Expression) -> _Tensor:
        if isinstance(expression, Variable):
            return self._frames[-1].tensors[expression.name]
        given = self._values(expression.arguments)
        if is_number(expression.op):
            return _Tensor((), 0)
        op = self._op(expression)
        if isinstance(op, ops.Chance):
            return given[0]  # in an inference it gives what it is given
        made = self._tensor(_shape(expression, op, tuple(each.shape for each in given)))
        alive = {each for f in self._frames for each in (*f.tensors.values(), *f.stack)}
        alive.update(given, (made,))
        dropped = sum(
            map(self._bytes, _dropped(op, tuple(each.shape for each in given), made.shape))
        )
        self.peak = max(self.peak, dropped + sum(each.bytes for each in alive))
        return made

    def _op(self, expression: Apply) -> Op:
        """The operation with the weights of this use: a function is written for all its uses."""
        if expression.operator is None:
            return expression.op
        op: Op = self._operators[self._key(expression.operator)]
        if isinstance(op, ops.Stencil) and isinstance(expression.op, ops.Stencil):
            return replace(op, output_padding=expression.op.output_padding)
        return op

    def _tensor(self, shape: Shape) -> _Tensor:
        return _Tensor(shape, self._bytes(value(shape)))

    def _bytes(self, array: Array) -> int:
        return array.bytes(self._batch, self._dtype)


def _shape(expression: Apply, op: Op, given: tuple[Shape, ...]) -> Shape:
    """The shape of a result; ``expression`` has that of another use, perhaps."""
    own = expression.shape
    if isinstance(op, ops.Zeros):
        return given[0] if expression.given[0] == own else own
    if isinstance(op, ops.Conv) and expression.op != expression.built:  # it is told its size
        return (op.channels_out, *own[1:])
    return shapes.result(op, given, own)


def _dropped(op: Op, given: tuple[Shape, ...], made: Shape) -> tuple[Array, ...]:
    """What an operation makes beside its value, and drops at its end."""
    if isinstance(op, ops.BatchNorm):
        return ()  # it has its statistics
    copies = isinstance(op, ops.LayerNorm) and made[0] > 1 and prod(made[1:]) > 1
    return (*beside(op, given[0] if given else (), made), *((value(made),) if copies else ()))
