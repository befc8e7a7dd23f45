"""Regions as Python statements, in the forward pass, a step or a cycle."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from mgiad_dsl.emit.expressions import Expressions
from mgiad_dsl.emit.functions import Functions, equations
from mgiad_dsl.emit.layout import INDENT, WIDTH, Call, lines
from mgiad_dsl.emit.names import (
    Label,
    attribute,
    by_key,
    distinct,
    label_of,
    numbered,
    operator_names,
    safe,
    shortened,
)
from mgiad_dsl.emit.regions import Region
from mgiad_dsl.graph.network import Statement, WeightGroup

_HOISTED = 36  # the longest part of an expression that is too long for a line


@dataclass(frozen=True)
class Use:
    """What a region takes from outside and gives back, as labels and sharing groups."""

    values: tuple[tuple[Label, str], ...]
    groups: tuple[str, ...]
    results: tuple[tuple[Label, str], ...]


class Writer:
    """Writes the statements of one function: the forward pass, a step or a cycle."""

    def __init__(
        self,
        functions: Functions,
        names: dict[Label, str],
        operators: dict[str, str],
        used: set[str],
        indent: int,
    ) -> None:
        self.lines: list[str] = []
        self._functions = functions
        self._flow = functions.flow
        self._graph = functions.flow.graph
        self._names = names
        self._operators = operators
        self._used = used
        self._indent = indent
        self._bound: dict[str, str] = {}  # variable -> node
        self._labels: dict[str, list[Label]] = {}  # node -> where it is held
        self._hoisting = False
        self._parts = count(1)
        self._expressions = Expressions(
            self._graph, self.variable, lambda group: self._operators[group], self._hoist
        )

    # -- values ------------------------------------------------------------------------------

    def name(self, label: Label) -> str:
        return self._names[label]

    def bind(self, label: Label, node: str) -> str:
        """From now on the variable of ``label`` holds the value of a node."""
        variable = self.name(label)
        self._bound[variable] = node
        self._labels.setdefault(node, []).append(label)
        return variable

    def held(self, node: str) -> Label | None:
        """The label of a variable that holds a node's value now."""
        for label in reversed(self._labels.get(node, [])):
            if self._bound[self.name(label)] == node:
                return label
        return None

    def variable(self, node: str) -> str | None:
        label = self.held(node)
        return None if label is None else self.name(label)

    # -- statements --------------------------------------------------------------------------

    def write(self, region: Region) -> None:
        """Write the live statements of a region, calling functions for those inside."""
        for child in region.children:
            if isinstance(child, int):
                self._statement(self._graph.statements[child])
            elif self._functions.wants(child):
                self._call(child)
            else:
                self._comment(child)
                self.write(child)

    def _comment(self, region: Region) -> None:
        text = heading(region)
        if text:
            self.lines.append(f"{INDENT * self._indent}# {text}")

    def _statement(self, statement: Statement) -> None:
        label = label_of(statement)
        held = self.variable(statement.value)
        if held == self.name(label):
            return
        value = held or self._expression(statement.value, len(self.name(label)) + 3)
        self._emit(f"{self.bind(label, statement.value)} = {value}")

    def _expression(self, node: str, before: int) -> str:
        """An expression on one line; parts of one that is too long become variables."""
        text = self._expressions.write(node)
        if len(INDENT) * self._indent + before + len(text) <= WIDTH:
            return text
        self._hoisting, self._parts = True, count(1)
        text = self._expressions.compute(node)
        self._hoisting = False
        return text

    def _hoist(self, text: str) -> str | None:
        if not self._hoisting or len(text) <= _HOISTED:
            return None
        name = next(t for n in self._parts if (t := f"t{n}") not in self._used)
        self._emit(f"{name} = {text}")
        return name

    def give(self, results: list[str]) -> None:
        """End with ``return``; a value computed just before is returned as it is."""
        margin = INDENT * self._indent
        assigned = f"{margin}{results[0]} = "
        returned = f"{margin}return {self.lines[-1].removeprefix(assigned)}"
        single = len(results) == 1 and self.lines[-1].startswith(assigned)
        if single and len(returned) <= WIDTH:
            self.lines[-1] = returned
        else:
            self.lines.append(f"{margin}return {', '.join(results)}")

    def _emit(self, item: str | Call) -> None:
        self.lines += lines(item, self._indent)

    # -- functions ---------------------------------------------------------------------------

    def _call(self, region: Region) -> None:
        use = self._use(region)
        cycle = region.is_cycle()
        inside = [label for label, _ in use.values]
        inside += [label_of(s) for s in self._flow.statements(region)]
        used: set[str] = set()
        names = distinct(numbered(inside) if cycle else shortened(inside), used)
        groups = [self._graph.groups[name] for name in use.groups]
        parameters, operators, given = self._pass(groups, cycle, used)
        writer = Writer(self._functions, names, operators, used, 1)
        values = [writer.bind(label, node) for label, node in use.values]
        writer.write(region)
        writer.give([names[label] for label, _ in use.results])
        function = self._functions.add(
            self._functions.base_name(region),
            equations(region, self._flow),
            [*values, *parameters],
            writer.lines,
            leaf=not cycle,
        )
        arguments = [self.variable(node) or "" for _, node in use.values]
        targets = ", ".join(self.bind(label, node) for label, node in use.results)
        self._emit(Call(f"{targets} = {function}", (*arguments, *given)))

    def _use(self, region: Region) -> Use:
        flow, own = self._flow, {node.name for node in self._flow.nodes(region)}
        needed = [name for node in flow.nodes(region) for name in node.inputs]
        needed += [s.value for s in flow.statements(region)]
        values: dict[str, Label] = {}
        for name in needed:
            label = None if name in own else self.held(name)
            if label is not None:
                values.setdefault(name, label)
        final = {label_of(s): s.value for s in flow.statements(region) if s.indices is not None}
        results = [
            (label, node)
            for label, node in final.items()
            if flow.last_use.get(node, -1) >= region.last
        ]
        return Use(
            tuple((label, node) for node, label in values.items()),
            tuple(flow.groups(region)),
            tuple(results),
        )

    def _pass(
        self, groups: list[WeightGroup], cycle: bool, used: set[str]
    ) -> tuple[list[str], dict[str, str], list[str | Call]]:
        """How operators go into a function: its parameters, their names inside, what is given.

        A step takes each operator by itself; a cycle takes one list for each family.
        """
        if not cycle:
            names = distinct(operator_names(groups), used)
            given: list[str | Call] = [self._operators[group.name] for group in groups]
            return [names[group.name] for group in groups], names, given
        families: dict[str, list[WeightGroup]] = {}
        for group in groups:
            families.setdefault(group.family, []).append(group)
        inside: dict[str, str] = {}
        passed: list[str | Call] = []
        parameters = [*distinct({family: safe(family) for family in families}, used).values()]
        for parameter, (family, members) in zip(parameters, families.items(), strict=True):
            ordered = by_key(members)
            if len(ordered) == 1:
                inside[ordered[0].name] = parameter
                passed.append(f"{parameter}={self._operators[ordered[0].name]}")
                continue
            inside |= {group.name: f"{parameter}[{at}]" for at, group in enumerate(ordered)}
            passed.append(self._list(parameter, family, ordered))
        return parameters, inside, passed

    def _list(self, parameter: str, family: str, groups: list[WeightGroup]) -> Call:
        if self._operators[groups[0].name].startswith("self."):
            keys = tuple(f'"{group.key}"' for group in groups)
            return Call(f"{parameter}=pick", (f"self.{attribute(family)}", *keys))
        inner = tuple(self._operators[group.name] for group in groups)
        return Call(f"{parameter}=list", (f"({', '.join(inner)})",))


def heading(region: Region) -> str:
    """``l = 2``, ``start``: the comment before the statements of a region."""
    frame = region.frame
    if frame.kind == "level":
        visit = f", visit {frame.visit}" if frame.visit > 1 else ""
        return f"{frame.name} = {frame.value}{visit}"
    return frame.name if frame.kind == "start" else ""
