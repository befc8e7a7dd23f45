"""Regions as Python: statements in a function, steps and cycles as functions of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from textwrap import TextWrapper

from mgiad_dsl.emit.expressions import Expressions
from mgiad_dsl.emit.layout import INDENT, WIDTH, Call, lines
from mgiad_dsl.emit.names import (
    Label,
    attribute,
    by_key,
    distinct,
    may_be_local,
    numbered,
    operator_names,
    safe,
    shortened,
)
from mgiad_dsl.emit.regions import Flow, Region
from mgiad_dsl.graph import Statement, WeightGroup

_HOISTED = 36  # the longest part of an expression that is too long for a line
_WRAPPER = TextWrapper(
    WIDTH - len(INDENT) - len('""""""'), subsequent_indent=INDENT, break_on_hyphens=False
)
_LABELS = {"pre": "smooth", "post": "smooth"}


def label_of(statement: Statement) -> Label:
    return statement.target, statement.indices


@dataclass(frozen=True)
class Function:
    """A step or cycle, written once for all its uses."""

    name: str
    doc: tuple[str, ...]
    parameters: tuple[str, ...]
    body: tuple[str, ...]

    def text(self) -> str:
        head = lines(Call(f"def {self.name}", self.parameters, ":"), 0)
        doc = [f'{INDENT}"""{self.doc[0]}']
        doc += [f"{INDENT}{line}" for line in self.doc[1:]]
        if len(self.doc) > 1:
            doc.append(f'{INDENT}"""')
        else:
            doc[0] += '"""'
        return "\n".join([*head, *doc, *self.body])


@dataclass(frozen=True)
class Use:
    """What a region takes from outside and gives back, as labels and sharing groups."""

    values: tuple[tuple[Label, str], ...]
    groups: tuple[str, ...]
    results: tuple[tuple[Label, str], ...]


class Functions:
    """The functions of a file; regions of one structure share one."""

    def __init__(self, flow: Flow, root: Region, used: Iterable[str]) -> None:
        self.flow = flow
        self.all: dict[tuple[tuple[str, ...], tuple[str, ...]], Function] = {}
        self.leaves: list[str] = []
        self._used = set(used)
        graph = flow.graph
        self._families = {group.family for group in graph.groups.values()}
        self._families |= {statement.target for statement in graph.statements}
        indices = {f.name for r in _walk(root) for f in r.frames if f.kind == "level"}
        self._several_indices = len(indices) > 1
        self._shapes = Counter(self._shape(r) for r in _walk(root) if r.frames)

    def wants(self, region: Region) -> bool:
        """Whether a region becomes a function: cycles, named steps, and what repeats."""
        if region.frame.kind != "part" or not any(self.flow.nodes(region)):
            return False
        if list(region.levels()):
            return region.is_cycle()
        return region.frame.step is not None or self._shapes[self._shape(region)] > 1

    def add(
        self, base: str, doc: tuple[str, ...], parameters: list[str], body: list[str], leaf: bool
    ) -> str:
        """The name of the function with this body, which is kept if it is new."""
        key = (tuple(parameters), tuple(body))
        if key not in self.all:
            name = self._free(base)
            self.all[key] = Function(name, doc, tuple(parameters), tuple(body))
            if leaf:
                self.leaves.append(name)
        return self.all[key].name

    def _free(self, base: str) -> str:
        """A name like ``base`` that nothing else has."""
        base = safe(base)
        while may_be_local(base, self._families):
            base += "_step"
        numbered = (f"{base}_{number}" for number in count(2))
        name = next(name for name in chain([base], numbered) if name not in self._used)
        self._used.add(name)
        return name

    def base_name(self, region: Region) -> str:
        """``relax``, ``coarsen_k``, ``v_cycle_k3``"""
        inner = next(region.levels(), None)
        if inner is not None:
            last = max(r.frame.value or 0 for r in region.levels())
            kind = (inner.frame.cycle or "").lower()
            return f"{kind}_cycle_{inner.frame.name}{last}"
        if region.frame.step is not None:
            return region.frame.step
        name = _LABELS.get(region.frame.name, region.frame.name)
        level = next((f.name for f in reversed(region.frames) if f.kind == "level"), "")
        return f"{name}_{level}" if self._several_indices else name

    def _shape(self, region: Region) -> tuple[object, ...]:
        """What regions that may share a function agree in."""
        spans = [
            (s.span.start, s.span.end, s.value in self.flow.live)
            for s in self.flow.statements(region)
        ]
        return (region.frame.kind, len(region.children), *spans)


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
            _equations(region, self._flow),
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


def _equations(region: Region, flow: Flow) -> tuple[str, ...]:
    """The equations of a region as the spec writes them, or the cycle it runs."""
    if region.is_cycle():
        levels = [r.frame.value or 0 for r in region.levels()]
        inner = next(region.levels()).frame
        kind = "A" if inner.cycle != "F" else "An"
        name = inner.cycle if inner.cycle == "backslash" else f"{inner.cycle}"
        return (f"{kind} {name} cycle over {inner.name} = {min(levels)}..{max(levels)}.",)
    texts = [re.sub(r"#[^\n]*", "", s.span.text) for s in flow.statements(region)]
    equations = (" ".join(text.split()) for text in texts)
    return tuple(line for each in equations for line in _WRAPPER.wrap(each))


def _walk(region: Region) -> Iterator[Region]:
    todo = [region]
    while todo:
        each = todo.pop()
        yield each
        todo.extend(child for child in each.children if isinstance(child, Region))
