"""Expressions as Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from typing_extensions import assert_never

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.ops import Shape
from mgiad_dsl.graph.tree import part_name, visit_name
from mgiad_dsl.outline.names import attribute
from mgiad_dsl.outline.program import (
    Apply,
    Argument,
    Element,
    Expression,
    Index,
    Known,
    Member,
    Parameter,
    PartKey,
    Reference,
    Variable,
)

_LARGEST_WHOLE = 2**53  # of a float
_SIMPLE = re.compile(r"[\w.]+(e-\d+)?")  # no spaces around ``**``, as formatters write it

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_PRECEDENCE = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
TORCH_ACTIVATIONS = {"tanh": "torch.tanh", "sigmoid": "torch.sigmoid"}

Text = tuple[str, int]  # an expression and how strongly it binds


def write(expression: Expression) -> str:
    """An expression."""
    return _text(expression)[0]


def reference(of: Reference) -> str:
    """``self.A["1_0"]``, ``self.A[f"{l}_0"]``, ``norm[0]``"""
    match of:
        case Member(family):
            return f"self.{attribute(family)}"
        case Parameter(name):
            return name
        case Element(inner, key):
            return f"{reference(inner)}[{_key(key)}]"
        case _:
            assert_never(of)


def argument(given: Argument) -> str:
    """An argument of a call."""
    match given:
        case Variable(name):
            return name
        case Known(parameter, Variable(name)):
            return f"{parameter}={name}"
        case Index():
            return _index(given)
        case Member() | Parameter() | Element():
            return reference(given)
        case _:
            assert_never(given)


def _key(key: str | int | PartKey | tuple[Index, ...]) -> str:
    """``0``, ``"k0_pre"``, ``f"k{k}_pre"``, or indices: ``"2_0"``, ``f"{l}_{k + 1}"``."""
    match key:
        case int():
            return str(key)
        case str():
            return f'"{key}"'
        case PartKey(index, level, number, role):
            return _text_of([level], part_name(visit_name(index, _level(level), number), role))
        case tuple():
            return _text_of(key, "_".join(map(_level, key)))
        case _:
            assert_never(key)


def _text_of(indices: Sequence[Index], text: str) -> str:
    """A text in quotes, in which indices stand."""
    return f'{"f" if any(each.of for each in indices) else ""}"{text}"'


def _level(index: Index) -> str:
    """An index inside a text: ``2``, ``m1``, ``{l + 1}``."""
    return f"{{{_index(index)}}}" if index.of else _index(index).replace("-", "m")


def _index(index: Index) -> str:
    """``2``, ``l``, ``l + 1``"""
    if index.of is None:
        return str(index.number)
    offset = f" {'+' if index.number > 0 else '-'} {abs(index.number)}" if index.number else ""
    return f"{index.of}{offset}"


def _text(expression: Expression) -> Text:
    if isinstance(expression, Variable):
        return expression.name, _ATOM
    arguments = [_text(each) for each in expression.arguments]
    texts = [text for text, _ in arguments]
    match expression.op:
        case ops.Input(name):
            return name, _ATOM
        case ops.Constant(value):
            return number(value), _SIGN if value < 0 else _ATOM
        case ops.Scalar():
            return _operator(expression), _ATOM
        case ops.Zeros():
            return _zeros(expression, texts[0]), _ATOM
        case ops.Binary(sign):
            return _binary(sign, arguments[0], arguments[1])
        case ops.Negate():
            text, binds = arguments[0]
            return f"-{text}" if binds > _SIGN else f"-({text})", _SIGN
        case ops.Activation(name, slope):
            given = texts[0] if slope is None else f"{texts[0]}, {number(slope)}"
            return f"{TORCH_ACTIVATIONS.get(name, f'F.{name}')}({given})", _ATOM
        case ops.Join():
            return f"torch.cat(({', '.join(texts)}), dim=1)", _ATOM
        case ops.Pool():
            return _pool(expression.op, expression.given[0], texts[0]), _ATOM
        case ops.Upsample():
            return _upsample(expression.op, expression.given[0], texts[0]), _ATOM
        case ops.Linear():
            flat = texts[0] if len(expression.given[0]) == 1 else f"torch.flatten({texts[0]}, 1)"
            return f"{_operator(expression)}({flat})", _ATOM
        case ops.Conv() | ops.Stencil():
            return _conv(expression, expression.op, texts[0]), _ATOM
        case (
            ops.BatchNorm() | ops.GroupNorm() | ops.LayerNorm() | ops.PReLU() | ops.Dropout()
            | ops.DropPath()
        ):  # fmt: skip
            return f"{_operator(expression)}({texts[0]})", _ATOM
        case _:
            assert_never(expression.op)


def _operator(expression: Apply) -> str:
    assert expression.operator is not None
    return reference(expression.operator)


def _binary(sign: str, first: Text, second: Text) -> Text:
    (left, one), (right, two) = first, second
    binds = _PRECEDENCE[sign]
    if one < binds or (sign == "^" and one == binds):
        left = f"({left})"
    if two < binds or (two == binds and sign != "^"):  # a + (b + c) rounds otherwise than a + b + c
        right = f"({right})"
    if sign == "^":
        simple = all(_SIMPLE.fullmatch(side) for side in (left, right))
        return (f"{left}**{right}" if simple else f"{left} ** {right}"), binds
    return f"{left} {sign} {right}", binds


def _zeros(expression: Apply, like: str) -> str:
    if expression.given[0] == expression.shape:
        return f"torch.zeros_like({like})"
    return f"{like}.new_zeros({like}.shape[0], {', '.join(map(str, expression.shape))})"


def _conv(expression: Apply, op: ops.Conv | ops.Stencil, inner: str) -> str:
    """A call; a transposed operator is told its size where its uses may differ in it."""
    operator, built = _operator(expression), expression.built
    if isinstance(op, ops.Stencil) and any(op.output_padding):
        return f"{operator}({inner}, output_padding={pair(op.output_padding)})"
    if isinstance(built, ops.Conv) and op.output_padding != built.output_padding:
        return f"{operator}({inner}, output_size={expression.shape[1:]})"
    return f"{operator}({inner})"


def _upsample(op: ops.Upsample, given: Shape, inner: str) -> str:
    factors = {new / old for new, old in zip(op.size, given[1:], strict=True)}
    factor = factors.pop()
    whole = not factors and factor == int(factor)
    to = f"scale_factor={int(factor)}" if whole else f"size={tuple(op.size)}"
    return f'F.interpolate({inner}, {to}, mode="{op.mode}")'


def _pool(op: ops.Pool, given: Shape, inner: str) -> str:
    name = f"{'max' if op.maximum else 'avg'}_pool{len(given) - 1}d"
    if op.window is None:
        return f"F.adaptive_{name}({inner}, 1)"
    padding = f", padding={pair(op.padding)}" if any(op.padding) else ""
    return f"F.{name}({inner}, {pair(op.window)}, stride={pair(op.stride)}{padding})"


def number(value: int | Fraction) -> str:
    """A number as Python writes it: exact where a float can be."""
    if isinstance(value, int) and abs(value) <= _LARGEST_WHOLE:
        return str(value)
    return decimal(float(value))


def decimal(value: float) -> str:
    """A float as formatters write it: ``0.25``, ``1e30``."""
    return re.sub(r"e\+?(-?)0*", r"e\1", repr(value))


def pair(values: tuple[int, ...]) -> str:
    """``3``, or ``(3, 1)`` where the directions differ."""
    return str(values[0]) if len(set(values)) == 1 else str(values)
