"""What an emitted file imports: nothing that it does not use."""

from __future__ import annotations

from collections.abc import Iterator

from mgiad_dsl.emit.expressions import TORCH_ACTIVATIONS
from mgiad_dsl.graph import ops
from mgiad_dsl.outline.program import (
    Apply,
    Assign,
    Default,
    Expression,
    Program,
    Return,
    Statement,
)


def imports(program: Program, lists: bool) -> str:
    """The import lines; ``lists`` says whether the function of that name is there."""
    kinds = {type(group.op) for members in program.families for group in members}
    applied = list(_applied(program))
    torch = not kinds.isdisjoint({ops.Stencil, ops.Scalar}) or any(map(_needs_torch, applied))
    functional = ops.Stencil in kinds or any(map(_needs_functional, applied))
    lines = ["from collections.abc import Callable", ""] if lists else []
    lines += ["import torch"] if torch else []
    lines += ["from torch import Tensor, nn"]
    lines += ["from torch.nn import functional as F"] if functional else []
    return "\n".join([*lines, ""])


def _needs_torch(node: Apply) -> bool:
    match node.op:
        case ops.Zeros():
            return node.given[0] == node.shape
        case ops.Linear():
            return len(node.given[0]) > 1
        case ops.Activation(name):
            return name in TORCH_ACTIVATIONS
        case _:
            return False


def _needs_functional(node: Apply) -> bool:
    if isinstance(node.op, ops.Activation):
        return node.op.name not in TORCH_ACTIVATIONS
    return isinstance(node.op, (ops.Pool, ops.Upsample))


def _applied(program: Program) -> Iterator[Apply]:
    """All operations that a program says."""
    bodies = [program.forward, *(each.body for each in (*program.steps, *program.cycles))]
    todo = [value for body in bodies for each in body for value in _values(each)]
    while todo:
        value = todo.pop()
        if isinstance(value, Apply):
            yield value
            todo.extend(value.arguments)


def _values(statement: Statement) -> tuple[Expression, ...]:
    match statement:
        case Assign(value=value) | Default(value=value):
            return (value,)
        case Return(values=values):
            return values
        case _:
            return ()
