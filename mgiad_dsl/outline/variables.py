"""Which variable holds which value, in one function.

A value is called after the space it is the value of. Where that name is wanted for another value
while the first is still needed, it gets a name of its own.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.tree import Equation
from mgiad_dsl.outline.facts import Facts, Label
from mgiad_dsl.outline.names import Namespace, attribute


@dataclass(frozen=True)
class Event:
    """What happens at once in a function: it binds labels, from time ``first`` to ``last``."""

    first: int
    last: int
    bound: Mapping[Label, str]


Hides = Literal["nothing", "lets", "all but results"]


class Variables:
    """The variables of a function; ``events`` are all that will happen in it, in order.

    ``given`` are the last uses in it of the values that it is given: what others do with them
    later is not its concern.
    """

    def __init__(
        self,
        facts: Facts,
        events: Sequence[Event],
        names: Mapping[Label, str],
        space: Namespace,
        given: Mapping[str, int] | None = None,
    ) -> None:
        self._facts = facts
        self._events = events
        self._names = names
        self._space = space
        self._last_use = facts.last_use if given is None else ChainMap({**given}, facts.last_use)
        self._holds: dict[str, str] = {}  # variable -> value
        self._home: dict[str, str] = {}  # value -> variable
        self._bound: dict[Label, list[int]] = {}
        self._wanted: dict[str, dict[Label, None]] = {}
        for number, event in enumerate(events):
            for label, value in event.bound.items():
                self._bound.setdefault(label, []).append(number)
                self._wanted.setdefault(value, {})[label] = None

    def find(self, value: str) -> str | None:
        """The variable that holds a value."""
        name = self._home.get(value)
        assert name is None or self._holds[name] == value, f"{value} is lost"
        return name

    def hold(self, variable: str, value: str) -> str:
        """From now on a variable holds a value."""
        self._holds[variable] = value
        self._home[value] = variable
        return variable

    def name(self, label: Label) -> str:
        return self._names[label]

    def loop(self) -> str:
        """A variable for the norms, or what else is new at every use, of one pass."""
        roles = {group.role for group in self._facts.network.groups.values() if group.path}
        plain = roles == {"norm"} and "norm" not in self._space
        return self._space.take("norm" if plain else "each")

    def choose(
        self, value: str, number: int, labels: Iterable[Label] = (), last: bool = True
    ) -> str:
        """A variable for a value that the event ``number`` gives (-1: a parameter).

        Unless it is the ``last`` one of the event, what the event works on stays where it is.
        """
        wanted = dict.fromkeys([*labels, *self._wanted.get(value, ())])
        for label in sorted(wanted, key=self._facts.order):
            name = self._names[label]
            if self._is_free(name, value, number, last) and self._stays(label, value, number):
                return self.hold(name, value)
        fallback = min(wanted, key=self._facts.order, default=None)
        return self.hold(self._space.take(self.derived(value, fallback)), value)

    def move(self, value: str, label: Label, number: int) -> str:
        """A variable for a value that loses its own: the label's, if it can stay there."""
        name = self._names[label]
        if not self._is_free(name, value, number) or not self._stays(label, value, number):
            name = self._space.take(self.derived(value, label))
        return self.hold(name, value)

    def _is_free(self, variable: str, value: str, number: int, last: bool = True) -> bool:
        held = self._holds.get(variable)
        if held is None or held == value or self._home.get(held) != variable:
            return True
        event = self._events[number] if number >= 0 else None
        end = -1 if event is None else event.last if last else event.first - 1
        return self._last_use.get(held, -1) <= end

    def _stays(self, label: Label, value: str, number: int) -> bool:
        """Whether the label is not another value's before the last use of this one."""
        for later in self._bound.get(label, ()):
            event = self._events[later]
            if later <= number and not (later == number and event.bound[label] != value):
                continue
            if event.bound[label] == value:
                continue
            if self._last_use.get(value, -1) <= event.last:
                return True
            return value in event.bound.values()  # it moves to another name
        return True

    def derived(self, value: str, label: Label | None = None) -> str:
        """A name for a value that is no space's: ``A_u`` for ``A(u)``."""
        node = self._facts.operation(value)
        of = self._home.get(node.inputs[0]) if node.inputs else None
        if node.group is not None and of:
            return f"{attribute(self._facts.network.groups[node.group].family)}_{of}"
        if label is not None:
            return self._names[label]
        if isinstance(node.op, ops.Activation) and of:
            return f"{node.op.name}_{of}"
        return "r" if node.op == ops.Binary("-") else "t"  # most differences are residuals


def event(facts: Facts, equations: Sequence[Equation], hides: Hides = "nothing") -> Event:
    """What equations bind that run at once, but for what nobody else sees of it."""
    bound, results = {}, set(facts.kept(equations))
    for equation in equations:
        value = facts.value(equation)
        hidden = equation.indices is None if hides != "nothing" else False
        hidden = hidden or (hides == "all but results" and value not in results)
        if value is not None and not hidden:
            bound[equation.target, equation.indices] = value
    return Event(facts.at(equations[0]), facts.at(equations[-1]), bound)
