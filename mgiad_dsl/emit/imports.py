"""What an emitted file imports: nothing that it does not use."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import assert_never

from mgiad_dsl.emit.expressions import TORCH_ACTIVATIONS
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.ops import Op, Weighted
from mgiad_dsl.outline.program import (
    Apply,
    Assign,
    Call,
    Comment,
    Default,
    Expression,
    OnCoarsest,
    Program,
    Repeat,
    Return,
    Statement,
    Take,
)


def imports(program: Program, lists: bool) -> str:
    """The import lines; ``lists`` says whether the function of that name is there."""
    made = [group.op for members in program.families for group in members]
    applied = list(_applied(program))
    torch = any(map(_is_made_of_torch, made)) or any(map(_needs_torch, applied))
    torch = torch or bool(program.channels_last)
    functional = any(map(_is_made_of_functional, made))
    functional = functional or any(_needs_functional(each.op) for each in applied)
    lines = ["from collections.abc import Callable", ""] if lists else []
    lines += ["import torch"] if torch else []
    lines += ["from torch import Tensor, nn"]
    lines += ["from torch.nn import functional as F"] if functional else []
    return "\n".join([*lines, ""])


def _is_made_of_torch(op: Weighted) -> bool:
    """Whether what is made for an operator, or the class of it, says ``torch``."""
    match op:
        case ops.Conv():
            return op.joins
        case ops.Stencil() | ops.Scalar():
            return True
        case (
            ops.LayerNorm() | ops.Linear() | ops.BatchNorm() | ops.GroupNorm() | ops.PReLU()
            | ops.Dropout() | ops.DropPath()
        ):  # fmt: skip
            return False
        case _:
            assert_never(op)


def _is_made_of_functional(op: Weighted) -> bool:
    """Whether the class of an operator says ``F``."""
    match op:
        case ops.Conv():
            return op.joins
        case ops.Stencil():
            return True
        case (
            ops.Scalar() | ops.LayerNorm() | ops.Linear() | ops.BatchNorm() | ops.GroupNorm()
            | ops.PReLU() | ops.Dropout() | ops.DropPath()
        ):  # fmt: skip
            return False
        case _:
            assert_never(op)


def _needs_torch(node: Apply) -> bool:
    match node.op:
        case ops.Zeros():
            return node.given[0] == node.shape
        case ops.Linear():
            return len(node.given[0]) > 1
        case ops.Activation(name):
            return name in TORCH_ACTIVATIONS
        case ops.Join():
            return True
        case (
            ops.Input() | ops.Constant() | ops.Scalar() | ops.Conv() | ops.Stencil()
            | ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU() | ops.Dropout()
            | ops.DropPath() | ops.Pool() | ops.Upsample() | ops.Binary() | ops.Negate()
        ):  # fmt: skip
            return False
        case _:
            assert_never(node.op)


def _needs_functional(op: Op) -> bool:
    match op:
        case ops.Activation(name):
            return name not in TORCH_ACTIVATIONS
        case ops.Pool() | ops.Upsample():
            return True
        case (
            ops.Input() | ops.Zeros() | ops.Constant() | ops.Scalar() | ops.Conv() | ops.Stencil()
            | ops.Linear() | ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU()
            | ops.Dropout() | ops.DropPath() | ops.Binary() | ops.Negate() | ops.Join()
        ):  # fmt: skip
            return False
        case _:
            assert_never(op)


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
        case OnCoarsest(body=body):
            return tuple(value for each in body for value in _values(each))
        case Comment() | Take() | Call() | Repeat():
            return ()
        case _:
            assert_never(statement)
