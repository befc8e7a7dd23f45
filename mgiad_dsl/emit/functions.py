"""Steps and cycles as functions of their own: one for all regions of the same structure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, count
from textwrap import TextWrapper

from mgiad_dsl.emit.layout import INDENT, WIDTH, Call, lines
from mgiad_dsl.emit.names import may_be_local, safe
from mgiad_dsl.emit.regions import Flow, Region

_WRAPPER = TextWrapper(
    WIDTH - len(INDENT) - len('""""""'), subsequent_indent=INDENT, break_on_hyphens=False
)
_LABELS = {"pre": "smooth", "post": "smooth"}


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
        indices = {f.name for r in root.walk() for f in r.frames if f.kind == "level"}
        self._several_indices = len(indices) > 1
        self._shapes = Counter(self._shape(r) for r in root.walk() if r.frames)

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


def equations(region: Region, flow: Flow) -> tuple[str, ...]:
    """The equations of a region as the spec writes them, or the cycle it runs."""
    if region.is_cycle():
        levels = [r.frame.value or 0 for r in region.levels()]
        inner = next(region.levels()).frame
        kind = "A" if inner.cycle != "F" else "An"
        return (f"{kind} {inner.cycle} cycle over {inner.name} = {min(levels)}..{max(levels)}.",)
    texts = [re.sub(r"#[^\n]*", "", s.span.text) for s in flow.statements(region)]
    equations = (" ".join(text.split()) for text in texts)
    return tuple(line for each in equations for line in _WRAPPER.wrap(each))
