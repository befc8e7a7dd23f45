"""Builds the graph: names nodes after the equations they come from, registers weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from string import ascii_lowercase

from mgiad_dsl.base.source import LimitError, Note, Span, SpecError
from mgiad_dsl.graph import shapes
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import NetGraph, Node, Place, Scope, Statement, WeightGroup, path
from mgiad_dsl.graph.ops import Op, Shape, Weighted
from mgiad_dsl.graph.weights import shares_weights
from mgiad_dsl.language.spec import Operator
from mgiad_dsl.lower.values import SCALAR, Tensor

MAX_NODES = 20_000
MAX_SIZE = 2**20  # channels, height and width


class Builder:
    """Appends nodes to a graph; `open` and `close` surround the equation that is running."""

    def __init__(self, name: str) -> None:
        self.graph = NetGraph(name)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first_uses: dict[str, Note] = {}
        self._prefix = ""

    def open(self, scope: Scope, target: str) -> None:
        """From now on nodes belong to an equation that assigns to ``target``."""
        self._prefix = f"{path(scope)}_{target}" if scope else target

    def close(
        self, scope: Scope, target: str, indices: tuple[int, ...] | None, value: Tensor, span: Span
    ) -> None:
        """The equation is done: its target has this value."""
        self.graph.statements.append(Statement(scope, target, indices, value.node, span))

    def add(
        self,
        op: Op,
        inputs: tuple[Tensor, ...],
        place: Place,
        span: Span,
        *,
        shape: Shape = (),
        group: str | None = None,
    ) -> Tensor:
        """Append an operation; ``shape`` only where it does not follow from the inputs.

        Raises:
            SpecError: a size vanishes, or grows too large.
            LimitError: the network grows too large.
        """
        if len(self.graph.nodes) >= MAX_NODES:
            raise LimitError(
                f"this network unrolls to more than {MAX_NODES:,} operations",
                span,
                hint="fewer levels, steps, or nested cycles",
            )
        shape = shapes.result(op, tuple(value.shape for value in inputs), shape)
        _check_size(op, inputs, shape, span)
        name = f"{self._prefix}_{self._count('node', self._prefix)}"
        statement = len(self.graph.statements)
        self.graph.nodes[name] = Node(
            name, op, tuple(v.node for v in inputs), shape, place, group, statement, span
        )
        if group is not None:
            self.graph.groups[group].users.append(name)
        return Tensor(name, place, shape)

    def input(self, name: str, op: Op, place: Place, shape: Shape, span: Span) -> Tensor:
        """A node for an input of the network, named as in the spec."""
        self._prefix = f"input_{name}"
        return self.add(op, (), place, span, shape=shape)

    def scalar(self, op: Op, group: str | None, span: Span) -> Tensor:
        """A node for a learnable scalar or a constant."""
        return self.add(op, (), SCALAR, span, group=group)

    def star(self, family: str) -> str:
        """The key of a new instance of ``norm[*]``: the equation's name and a letter."""
        return f"{self._prefix}_{_letters(self._count(family, self._prefix) - 1)}"

    def group(
        self,
        operator: Operator,
        key: str,
        op: Weighted,
        role: str,
        levels: Mapping[str, int],
        span: Span,
    ) -> str:
        """The sharing group ``A.2``; made at its first use, compared at every other.

        Raises:
            SpecError: two uses that need different weights.
        """
        name = f"{operator.name}.{key}" if key else operator.name
        group = self.graph.groups.get(name)
        if group is None:
            self.graph.groups[name] = WeightGroup(
                operator.name, key, op, operator.span, role, dict(levels)
            )
            self._first_uses[name] = Note(f"the first use, in {self._prefix}", span)
            return name
        if not shares_weights(group.op, op):
            raise SpecError(
                f"two uses of `{operator.name}` share weights but differ: "
                f"{describe(group.op)} and {describe(op)}",
                span,
                hint=f"give `{operator.name}` an index, so that each has weights of its own",
                notes=(
                    self._first_uses[name],
                    Note(f"`{operator.name}` is declared here", operator.span),
                ),
            )
        group.levels = {n: v for n, v in group.levels.items() if levels.get(n) == v}
        return name

    def _count(self, what: str, prefix: str) -> int:
        self._counts[what, prefix] += 1
        return self._counts[what, prefix]


def _check_size(op: Op, inputs: tuple[Tensor, ...], shape: Shape, span: Span) -> None:
    if shape and not 1 <= min(shape) <= max(shape) <= MAX_SIZE:
        vanishes = min(shape) < 1
        raise SpecError(
            f"the size {'vanishes' if vanishes else f'passes {MAX_SIZE:,}'}: "
            f"{describe(op)} makes {Tensor('', SCALAR, shape)} of {inputs[0]}",
            span,
            hint="fewer levels, a larger input, or more padding" if vanishes else None,
        )


def _letters(number: int) -> str:
    """a, b, ..., z, ba, bb, ..."""
    text = ""
    while True:
        number, digit = divmod(number, 26)
        text = ascii_lowercase[digit] + text
        if not number:
            return text
