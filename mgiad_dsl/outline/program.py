"""A program as data: what a printer writes, with everything decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mgiad_dsl.graph.network import Operation, WeightGroup
from mgiad_dsl.graph.ops import Input, Op, Shape, Weighted, When
from mgiad_dsl.graph.tree import Role

# -- operators -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """An operator of the module, by its family: ``self.theta``; a dict or list of several."""

    family: str


@dataclass(frozen=True)
class Parameter:
    """What a function is given: an operator, or a dict or list of them."""

    name: str


@dataclass(frozen=True)
class Index:
    """An index: a number, or with ``of`` a number more than that parameter."""

    number: int
    of: str | None = None


@dataclass(frozen=True)
class PartKey:
    """The key of the norms of a part of a visit, on a level that is an index: ``f"k{k}_pre"``."""

    index: str
    level: Index
    number: int  # of the visit
    role: Role


@dataclass(frozen=True)
class Element:
    """``self.A["1_0"]`` by its indices; ``norm["k0_pre"]``, ``norm[0]``.

    Of the norms of a part it is one of so many ``passes``.
    """

    of: Reference
    key: str | int | PartKey | tuple[Index, ...]
    passes: int = 0


Reference: TypeAlias = "Member | Parameter | Element"


# -- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Apply:
    """An operation on its arguments.

    ``operator`` are its weights, ``built`` the operator they were made as; ``given`` are the
    shapes of its arguments, ``shape`` that of its result.
    """

    op: Op
    arguments: tuple[Expression, ...]
    operator: Reference | None
    built: Weighted | None
    given: tuple[Shape, ...]
    shape: Shape


Expression: TypeAlias = "Variable | Apply"


@dataclass(frozen=True)
class Known:
    """A value for a parameter that may be left out."""

    parameter: str
    value: Variable


Argument: TypeAlias = "Index | Variable | Reference | Known"

# -- statements ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comment:
    text: str


@dataclass(frozen=True)
class Take:
    """Operators, or dicts of them, by names of their own: ``A, B = self.A["1"], self.B["1"]``."""

    names: tuple[str, ...]
    operators: tuple[Reference, ...]


@dataclass(frozen=True)
class Assign:
    target: str
    value: Expression


@dataclass(frozen=True)
class Default:
    """Computes what was not given: ``if target is None: target = value``, after its ``parts``."""

    target: str
    value: Expression
    parts: tuple[Assign, ...] = ()


@dataclass(frozen=True)
class Call:
    """``targets = function(arguments)``, or ``return function(arguments)`` without targets."""

    targets: tuple[str, ...]
    function: str
    arguments: tuple[Argument, ...]
    method: bool = False


@dataclass(frozen=True)
class Repeat:
    """A call several times.

    With a ``name``, it is the next of a list of norms in each: from ``first`` to before ``end``.
    """

    call: Call
    times: int
    name: str | None = None
    over: Reference | None = None
    first: int = 0
    end: int | None = None


@dataclass(frozen=True)
class OnCoarsest:
    """``if level == coarsest:`` what a cycle does there, which ends with a return."""

    level: str
    coarsest: str
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Return:
    """The results of a function; with ``names`` a dict."""

    values: tuple[Expression, ...]
    names: tuple[str, ...] = ()


Statement: TypeAlias = "Comment | Take | Assign | Default | Call | Repeat | OnCoarsest | Return"

# -- functions -------------------------------------------------------------------------------

# Norms are a list, or a dict of those of the parts of a cycle.
ParameterKind = Literal["index", "value", "known", "operator", "scalar", "norms", "parts"]


@dataclass(frozen=True)
class Formal:
    """A parameter of a function; one that is ``known`` in some calls has a default."""

    name: str
    kind: ParameterKind


@dataclass(frozen=True)
class Function:
    name: str
    doc: tuple[str, ...]
    parameters: tuple[Formal, ...]
    results: int
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class Program:
    """A whole file: steps and cycles in the order they are first called, then the forward pass.

    Steps are functions, which are given their operators: what is worth compiling once each.
    Cycles are methods of the module, which are given the levels that they run on. ``unused`` says
    of families of operators that nothing uses why that is so. ``initialised`` is whether its
    weights begin anew; else they are given to it.
    """

    class_name: str
    steps: tuple[Function, ...]
    cycles: tuple[Function, ...]
    families: tuple[tuple[WeightGroup, ...], ...]
    unused: Mapping[str, str]
    inputs: tuple[tuple[str, Operation], ...]
    outputs: tuple[tuple[str, Shape], ...]
    forward: tuple[Statement, ...]
    initialised: bool

    @property
    def channels_last(self) -> dict[str, When]:
        """The inputs whose channels are put last in memory on a CPU, and when they are."""
        ops = {name: node.op for name, node in self.inputs if isinstance(node.op, Input)}
        return {name: op.channels_last for name, op in ops.items() if op.channels_last != "never"}
