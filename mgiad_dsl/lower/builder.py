"""Builds the network: names operations after their equations, registers weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mgiad_dsl.base.source import LimitError, Note, Span, SpecError
from mgiad_dsl.graph import shapes
from mgiad_dsl.graph.describe import describe, initial
from mgiad_dsl.graph.network import Network, Operation, Place, WeightGroup
from mgiad_dsl.graph.ops import Op, Shape, Weighted
from mgiad_dsl.graph.tree import Body, Cycle, Equation, Loop
from mgiad_dsl.graph.weights import shares_weights, tensors
from mgiad_dsl.language.spec import Operator
from mgiad_dsl.lower.values import SCALAR, Tensor
from mgiad_dsl.lower.where import Where

MAX_NODES = 20_000
MAX_SIZE = 2**20  # channels, height, width and depth


class Builder:
    """Appends operations to a network; `open` and `close` surround the equation that is running.

    `enter` and `leave` surround a body of the tree, to which equations and cycles go.
    """

    def __init__(self, name: str, spec: str) -> None:
        self.network = Network(name, spec)
        self._counts: Counter[str] = Counter()  # of operations, by their prefix
        self._norms: Counter[tuple[str | int, ...]] = Counter()
        self._groups: dict[tuple[str, tuple[int, ...]], WeightGroup] = {}
        self._first_uses: dict[str, Note] = {}
        self._bodies: list[list[Equation | Cycle | Loop]] = []
        self._where = Where()
        self._prefix = ""
        self._slots: list[str] = []

    # -- the tree ----------------------------------------------------------------------------

    def enter(self) -> None:
        """Begin a body; what runs from now on belongs to it."""
        self._bodies.append([])

    def leave(self) -> Body:
        """End the body that was begun last."""
        return tuple(self._bodies.pop())

    def place(self, item: Equation | Cycle | Loop) -> None:
        """Add an equation, or a whole cycle or loop, to the body."""
        self._bodies[-1].append(item)

    def open(self, where: Where, target: str) -> None:
        """From now on operations belong to an equation that assigns to ``target``."""
        self._where = where
        self._prefix = f"{where.name}_{target}" if where.name else target
        self._slots = []

    def close(
        self,
        target: str,
        indices: tuple[int, ...] | None,
        value: Tensor,
        text: str,
        span: Span,
        declared: Span | None = None,
    ) -> Equation:
        """The equation is done: its target has this value."""
        slots, self._slots = tuple(self._slots), []
        return Equation(target, indices, value.node, slots, text, declared, span)

    # -- operations --------------------------------------------------------------------------

    def add(
        self,
        op: Op,
        inputs: tuple[Tensor, ...],
        place: Place,
        span: Span,
        *,
        shape: Shape = (),
        operator: str | None = None,
        group: str | None = None,
    ) -> Tensor:
        """Append an operation; ``shape`` only where it does not follow from the inputs.

        Raises:
            SpecError: a size vanishes, or grows too large.
            LimitError: the network grows too large.
        """
        if len(self.network.operations) >= MAX_NODES:
            raise LimitError(
                f"this network unrolls to more than {MAX_NODES:,} operations",
                span,
                hint="fewer levels, steps, or nested cycles",
            )
        shape = shapes.result(op, tuple(value.shape for value in inputs), shape)
        _check_size(op, inputs, shape, span)
        self._counts[self._prefix] += 1
        name = f"{self._prefix}_{self._counts[self._prefix]}"
        self.network.operations[name] = Operation(
            name, op, tuple(v.node for v in inputs), shape, place, operator, group, span
        )
        self._slots.append(name)
        if group is not None:
            self.network.groups[group].users.append(name)
        return Tensor(name, place, shape)

    def input(self, name: str, op: Op, place: Place, shape: Shape, span: Span) -> Tensor:
        """A node for an input of the network, named as in the spec."""
        self._prefix = f"input_{name}"
        tensor = self.add(op, (), place, span, shape=shape)
        self.network.inputs[name] = tensor.node
        return tensor

    def scalar(self, op: Op, group: str | None, span: Span) -> Tensor:
        """A node for a learnable scalar or a constant."""
        return self.add(op, (), SCALAR, span, group=group)

    # -- weights -----------------------------------------------------------------------------

    def star(self, operator: Operator, op: Weighted, role: str, levels: Mapping[str, int]) -> str:
        """The sharing group of a new instance of ``norm[*]``, where the equation runs."""
        where = self._where
        place = (operator.name, *where.path)
        path = (*where.path, self._norms[place])
        self._norms[place] += 1
        return self._register(
            WeightGroup(
                operator.name, (), where.numbers, path, op, operator.span, role, dict(levels)
            )
        )

    def group(
        self,
        operator: Operator,
        indices: tuple[int, ...],
        op: Weighted,
        role: str,
        levels: Mapping[str, int],
        span: Span,
    ) -> str:
        """The sharing group ``A.2``; made at its first use, compared at every other.

        Raises:
            SpecError: two uses that need different weights.
        """
        group = self._groups.get((operator.name, indices))
        if group is None:
            group = WeightGroup(
                operator.name, operator.indices, indices, (), op, operator.span, role, dict(levels)
            )
            self._groups[operator.name, indices] = group
            self._first_uses[group.name] = Note(f"the first use, in {self._prefix}", span)
            return self._register(group)
        if not shares_weights(group.op, op):
            what = "weights" if tensors(op) else "a probability"
            raise SpecError(
                f"two uses of `{operator.name}` share {what} but differ: "
                f"{describe(group.op)}{initial(group.op)} and {describe(op)}{initial(op)}",
                span,
                hint=_mend(operator, what),
                notes=(
                    self._first_uses[group.name],
                    Note(f"`{operator.name}` is declared here", operator.span),
                ),
            )
        if group.levels != levels:
            group.levels = {n: v for n, v in group.levels.items() if levels.get(n) == v}
        return group.name

    def _register(self, group: WeightGroup) -> str:
        self.network.groups[group.name] = group
        return group.name


def _mend(operator: Operator, what: str) -> str:
    """How uses that differ get weights, or what they differ in, of their own."""
    if operator.kind.traits.starred and not operator.indices:
        kind = "norm" if operator.kind.traits.family == "norm" else operator.kind.name
        return f"write `{operator.name}[*]` for a new {kind} at every use"
    return f"give `{operator.name}` an index, so that each has {what} of its own"


def _check_size(op: Op, inputs: tuple[Tensor, ...], shape: Shape, span: Span) -> None:
    if not all(1 <= n <= MAX_SIZE for n in shape):
        vanishes = min(shape) < 1
        raise SpecError(
            f"the size {'vanishes' if vanishes else f'passes {MAX_SIZE:,}'}: "
            f"{describe(op)} makes {Tensor('', SCALAR, shape)} of {inputs[0]}",
            span,
            hint="fewer levels, a larger input, or more padding" if vanishes else None,
        )
