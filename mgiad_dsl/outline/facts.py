"""What the outline needs to know of values: who computes them, what they are called, until when."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from mgiad_dsl.graph import tree
from mgiad_dsl.graph.network import Network, Operation
from mgiad_dsl.graph.ops import is_number
from mgiad_dsl.graph.tree import Equation

Label: TypeAlias = "tuple[str, tuple[int, ...] | None]"  # a space at its indices, or a let


class Facts:
    """Facts of a network; equations have a time, in the order they run.

    Values that no output needs do not exist here.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.results = set(network.outputs.values())
        self.live = network.live() | set(network.inputs.values())
        self.time: dict[int, int] = {}  # of an equation, by its identity
        self.last_use: dict[str, int] = {}
        self.declared: dict[str, int] = {}
        self._bound: dict[Label, list[tuple[int, str]]] = {}
        self._labels: dict[str, dict[Label, None]] = {}
        for name, value in network.inputs.items():
            span = network.operations[value].place.span
            self.declared[name] = span.start if span else 0
            self._bind((name, ()), value, -1)
        computed = set(network.inputs.values())
        self._own: dict[int, list[str]] = {}
        for time, equation in enumerate(network.equations()):
            self._read(equation, time, computed)
        for value in network.outputs.values():
            self.last_use[value] = len(self.time)

    def _read(self, equation: Equation, time: int, computed: set[str]) -> None:
        self.time[id(equation)] = time
        if equation.declared is not None:
            self.declared[equation.target] = equation.declared.start
        own = [s for s in equation.slots if s in self.live and s not in computed]
        own = [s for s in dict.fromkeys(own) if s is not None]
        self._own[time] = own
        for slot in own:
            for value in self.operation(slot).inputs:
                self.last_use[value] = time
        computed.update(own)
        if equation.value in self.live and equation.value is not None:
            self._bind(label(equation), equation.value, time)

    def _bind(self, label: Label, value: str, time: int) -> None:
        self._bound.setdefault(label, []).append((time, value))
        self._labels.setdefault(value, {})[label] = None

    def labels(self, value: str, time: int) -> list[Label]:
        """What a value is called just before a time, spaces first."""
        found = [each for each in self._labels.get(value, ()) if self._current(each, time) == value]
        return sorted(found, key=self.order)

    def _current(self, label: Label, time: int) -> str | None:
        bound = self._bound[label]
        at = bisect_left(bound, time, key=lambda entry: entry[0])
        return bound[at - 1][1] if at else None

    def operation(self, value: str) -> Operation:
        return self.network.operations[value]

    def is_number(self, value: str) -> bool:
        return is_number(self.operation(value).op)

    def at(self, equation: Equation) -> int:
        """When an equation runs."""
        return self.time[id(equation)]

    def own(self, equation: Equation) -> list[str]:
        """The values that an equation computes, in order."""
        return self._own[self.at(equation)]

    def computed(self, equations: Iterable[Equation]) -> list[str]:
        """The values that equations compute, in order, without numbers."""
        return [v for e in equations for v in self.own(e) if not self.is_number(v)]

    def given(self, equations: Sequence[Equation]) -> list[str]:
        """The values from outside that equations work on, by first use."""
        own = set(self.computed(equations))
        used = (
            value
            for equation in equations
            for slot in self.own(equation)
            for value in self.operation(slot).inputs
        )
        return [v for v in dict.fromkeys(used) if v not in own and not self.is_number(v)]

    def uses(self, equations: Sequence[Equation]) -> dict[str, int]:
        """The values from outside that equations work on, with the time when they last do so."""
        given = set(self.given(equations))
        return {
            value: self.at(equation)
            for equation in equations
            for slot in self.own(equation)
            for value in self.operation(slot).inputs
            if value in given
        }

    def kept(self, equations: Sequence[Equation]) -> list[str]:
        """The values that equations compute and that are used behind them."""
        end = self.at(equations[-1])
        return [v for v in self.computed(equations) if self.last_use.get(v, -1) > end]

    def value(self, equation: Equation) -> str | None:
        """The value of an equation, if anything needs it."""
        return equation.value if equation.value in self.live else None

    def order(self, label: Label | None) -> tuple[object, ...]:
        """Spaces as declared, levels from fine to coarse; then what is local."""
        if label is None or label[1] is None:
            return (1, 0, ())
        return (0, self.declared.get(label[0], 0), label[1])


def label(equation: Equation) -> Label:
    return equation.target, equation.indices


def inside(item: tree.Stage | tree.Visit | tree.Part | tree.Pass | Equation) -> list[Equation]:
    return list(tree.equations(item))
