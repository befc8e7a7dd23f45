"""The syntax tree of a spec: what was written, with places, and no meaning yet.

Spans take no part in equality, so two trees are equal when they say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from mgiad_dsl.base.source import Span
from mgiad_dsl.language.kinds import KINDS, KindName, Traits


def _span() -> Span:
    field_: Span = field(repr=False, compare=False)
    return field_


# -- expressions ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """``2_751k``: the exact value, and the unit of its last printed digit (1000)."""

    value: Fraction
    unit: Fraction
    span: Span = _span()

    @cached_property
    def exact(self) -> int | Fraction:
        """The value, as an integer where it is one."""
        return self.value.numerator if self.value.denominator == 1 else self.value


@dataclass(frozen=True)
class Boolean:
    value: bool
    span: Span = _span()


@dataclass(frozen=True)
class Name:
    name: str
    span: Span = _span()


@dataclass(frozen=True)
class Index:
    """``u[l,k+1]``"""

    name: str
    indices: tuple[Expr, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Call:
    """``A[l](u[l])``, ``relu(r)``, ``maxpool(g, 3x3 stride 2)``"""

    function: Name | Index
    arguments: tuple[Expr | Window, ...]
    span: Span = _span()


@dataclass(frozen=True)
class List:
    items: tuple[Expr, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Unary:
    """``-a``, ``not a``"""

    sign: str
    operand: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Binary:
    """``a + b`` and the like; ``sign`` is one of ``+ - * / ^ == != < <= > >= and or``."""

    left: Expr
    sign: str
    right: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Conditional:
    """``test ? then : otherwise``"""

    test: Expr
    then: Expr
    otherwise: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Wrong:
    """Where an expression or an equation stood in which an error was found, and reported."""

    span: Span = _span()


Expr: TypeAlias = (
    Number | Boolean | Name | Index | Call | List | Unary | Binary | Conditional | Wrong
)


@dataclass(frozen=True)
class Dims:
    """``3x3``: a number for each dimension, or one that may stand for all."""

    numbers: tuple[Expr, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Option:
    """``stride 2``, ``group_size 8``, ``depthwise``; ``pad 2 circular`` has a ``boundary``."""

    name: str
    value: Expr | Dims | None
    span: Span = _span()
    boundary: str | None = None


@dataclass(frozen=True)
class Window:
    """``3x3 stride 2`` as an argument of a pooling."""

    dims: Dims
    options: tuple[Option, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Range:
    """``first..last``, both included."""

    first: Expr
    last: Expr
    span: Span = _span()


# -- declarations --------------------------------------------------------------------------


@dataclass(frozen=True)
class Declared:
    """A name with its formal indices: ``B[l,b]``, ``norm[*]``, ``theta``."""

    name: str
    indices: tuple[str, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Parameter:
    name: str
    default: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Let:
    declared: Declared
    value: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Input:
    name: str
    channels: Expr
    size: tuple[Expr, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Levels:
    """``levels l in 1..L : resolution``"""

    index: str
    range: Range
    axis: Name
    span: Span = _span()


@dataclass(frozen=True)
class Spaces:
    """``spaces u[l] = old[l], f[l] : c[l] channels, size n``.

    Names joined by ``=`` are one space; all names of the line share their sizes.
    """

    names: tuple[tuple[Declared, ...], ...]
    channels: Expr
    size: Dims | None
    span: Span = _span()


@dataclass(frozen=True)
class Kind:
    """What an operator is: ``conv 3x3 stride 2 depthwise``.

    ``argument`` is the kernel (conv, pools), the stencil, the factor (upsample) or the
    initial value (scalar).
    """

    name: KindName
    argument: Expr | Dims | None
    options: tuple[Option, ...]
    span: Span = _span()

    @property
    def traits(self) -> Traits:
        return KINDS[self.name]


@dataclass(frozen=True)
class Operator:
    """``A[l], B[l] : u[l] -> f[l]  conv 3x3``; of several ``domains`` it takes a value each."""

    names: tuple[Declared, ...]
    domains: tuple[Expr, ...]
    codomain: Expr | None
    kind: Kind
    span: Span = _span()


# -- equations -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Assign:
    target: Name | Index
    value: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Repeat:
    """``2``, or ``i in 1..steps`` (then ``index`` is its name)."""

    index: str | None
    range: Range
    span: Span = _span()


@dataclass(frozen=True)
class Part:
    """``smooth 2 relax``, ``coarsen { ... }``; ``step`` is the named step it runs, if one."""

    name: str
    repeat: Repeat | None
    step: Name | None
    body: tuple[Statement, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Cycle:
    index: Name
    kind: Expr
    parts: tuple[Part, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Loop:
    """``repeat t in 1..T { ... }``"""

    repeat: Repeat
    body: tuple[Statement, ...]
    span: Span = _span()


Statement: TypeAlias = Let | Assign | Cycle | Loop | Wrong


@dataclass(frozen=True)
class Start:
    body: tuple[Statement, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Step:
    name: str
    body: tuple[Statement, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Output:
    name: str
    value: Expr
    span: Span = _span()


# -- claims and variants -------------------------------------------------------------------


@dataclass(frozen=True)
class Expect:
    """``expect weights 2_750_666``"""

    quantity: str
    number: Number
    span: Span = _span()


@dataclass(frozen=True)
class Published:
    """``published weights 2_751k "Table 1"``"""

    quantity: str
    number: Number
    origin: str
    span: Span = _span()


@dataclass(frozen=True)
class Budget:
    """``budget weights <= 1.4M``, ``budget memory <= 2GiB batch 128``"""

    quantity: str
    sign: str
    most: Number
    unit: str | None
    batch: Number | None
    span: Span = _span()


@dataclass(frozen=True)
class Setting:
    name: str
    value: Expr
    span: Span = _span()


@dataclass(frozen=True)
class Variant:
    name: str
    settings: tuple[Setting, ...]
    expects: tuple[Expect, ...]
    published: tuple[Published, ...]
    budgets: tuple[Budget, ...]
    span: Span = _span()


@dataclass(frozen=True)
class Spec:
    """A whole file; its span is the header of the network."""

    name: str
    parameters: tuple[Parameter, ...]
    lets: tuple[Let, ...]
    inputs: tuple[Input, ...]
    levels: tuple[Levels, ...]
    spaces: tuple[Spaces, ...]
    operators: tuple[Operator, ...]
    starts: tuple[Start, ...]
    steps: tuple[Step, ...]
    cycles: tuple[Cycle | Loop, ...]
    outputs: tuple[Output, ...]
    expects: tuple[Expect, ...]
    published: tuple[Published, ...]
    budgets: tuple[Budget, ...]
    variants: tuple[Variant, ...]
    span: Span = _span()


def names_in(expr: Expr) -> set[str]:
    """All names in a numeric expression."""
    match expr:
        case Name(name):
            return {name}
        case Index(name, indices):
            return {name}.union(*map(names_in, indices))
        case Call(_, arguments):
            exprs = [a for a in arguments if not isinstance(a, Window)]
            return set().union(*map(names_in, exprs))
        case List(items):
            return set().union(*map(names_in, items))
        case Unary(_, operand):
            return names_in(operand)
        case Binary(left, _, right):
            return names_in(left) | names_in(right)
        case Conditional(test, then, otherwise):
            return names_in(test) | names_in(then) | names_in(otherwise)
        case Number() | Boolean() | Wrong():
            return set()
