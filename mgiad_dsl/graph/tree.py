"""The tree of a network: cycles, visits of levels, parts, passes and equations, in running order.

```
network   start, cycles, loops, outputs
  cycle   visits of its levels, finest first, as often as its kind comes back to each
    visit   parts: pre-smoothing, coarsen, solve, correct, post-smoothing
      part    passes: a smoothing step runs several times
        pass    equations, cycles over other levels, and loops, which have passes again
          equation  operations
```

What a stage wants to know of where something runs is a field here; no name is ever read for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mgiad_dsl.base.source import Span

Role = Literal["pre", "coarsen", "solve", "correct", "post"]


@dataclass(frozen=True)
class Equation:
    """``target[indices] = value`` as it ran; a `let` and an output have no indices.

    ``slots`` are the values of its operations in the order the spec writes them: a rewrite may
    have put a value there that is computed elsewhere, or None where nothing needs it; so too
    ``value``. ``text`` is the equation as written, with
    the branch of each conditional that was taken; ``declared`` is where the space that it sets is.
    """

    target: str
    indices: tuple[int, ...] | None
    value: str | None
    slots: tuple[str | None, ...]
    text: str
    declared: Span | None
    span: Span = field(repr=False)

    @property
    def label(self) -> str:
        """``u[2,0]``"""
        inside = ",".join(map(str, self.indices or ()))
        return f"{self.target}[{inside}]" if self.indices else self.target


@dataclass(frozen=True)
class Pass:
    """One run of the body of a part; ``number`` is that of a smoothing step, or None.

    ``path`` is where its norms lie that are new at every use: ``("l1_pre", 0)``.
    """

    number: int | None
    path: tuple[str | int, ...]
    body: Body


@dataclass(frozen=True)
class Part:
    """What runs on a level.

    ``step`` names the step of the spec that it is, if one; ``index`` the number of its passes.
    """

    role: Role
    step: str | None
    index: str | None
    passes: tuple[Pass, ...]


@dataclass(frozen=True)
class Visit:
    """A stay on the level ``index = level``.

    ``number`` counts the visits of the level, from 1 (W and F cycles come more than once).
    What a visit does after coming back from the coarser levels is a stay of its own with the
    same number.
    """

    index: str
    level: int
    number: int
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return visit_name(self.index, self.level, self.number)


@dataclass(frozen=True)
class Cycle:
    """A cycle of a ``kind`` (backslash, V, W, F) over the levels of ``index``."""

    index: str
    kind: str
    visits: tuple[Visit, ...]

    @property
    def levels(self) -> tuple[int, int]:
        """The finest and the coarsest level."""
        levels = [visit.level for visit in self.visits]
        return min(levels), max(levels)


@dataclass(frozen=True)
class Loop:
    """``repeat t in 1..3 { ... }``: a pass for each number of the ``index``."""

    index: str
    passes: tuple[Pass, ...]


@dataclass(frozen=True)
class Start:
    """What runs before the cycles; ``path`` as of a pass."""

    path: tuple[str | int, ...]
    body: Body


@dataclass(frozen=True)
class Output:
    """An output of the network; ``equation.target`` is its name."""

    equation: Equation


def visit_name(index: str, level: int | str, number: int = 1) -> str:
    """``l2``, its second visit ``l2v2``, ``lm1`` for ``l = -1``: no two visits have one name.

    An index that would read on into the number (``l1``, ``lm``) is set apart by a ``_``, and one
    that begins like the place of an output (``output_l``) by one in front. ``level`` may be a text
    that stands for it.
    """
    before = "_" if re.match("_*output_", index) else ""
    behind = "_" if re.fullmatch(r".+[\dmv_]", index) else ""
    again = f"v{number}" if number > 1 else ""
    return f"{before}{index}{behind}{level}{again}".replace("-", "m")


def part_name(visit: str, role: Role) -> str:
    """``k0_pre``: what a part of a visit is called in the paths of its norms."""
    return f"{visit}_{role}"


def loop_name(index: str) -> str:
    """``t``: a loop in the paths of its norms, set apart from what lies beside it."""
    return f"_{index}" if re.match("_*(own$|start$|output_)", index) else index


Body: TypeAlias = "tuple[Equation | Cycle | Loop, ...]"
Stage: TypeAlias = "Start | Cycle | Loop | Output"
Tree: TypeAlias = "tuple[Stage, ...]"
Around: TypeAlias = "tuple[tuple[str, int], ...]"  # loops by their indices, and the numbers of them


def equations(item: Stage | Visit | Part | Pass | Equation) -> Iterator[Equation]:
    """All equations of a part of the tree, in the order they run."""
    match item:
        case Equation():
            yield item
        case Output(equation):
            yield equation
        case Start(body=body) | Pass(body=body):
            for inner in body:
                yield from equations(inner)
        case Part(passes=inside) | Loop(passes=inside) | Visit(parts=inside) | Cycle(visits=inside):
            for each in inside:
                yield from equations(each)


def cycles(tree: Tree) -> Iterator[Cycle]:
    """All cycles, an outer one before those inside it."""
    todo: list[Stage | Equation] = list(reversed(tree))
    while todo:
        item = todo.pop()
        if isinstance(item, Cycle):
            yield item
        todo.extend(reversed(_inside(item)))


def _inside(item: Stage | Equation) -> list[Equation | Cycle | Loop]:
    match item:
        case Start(body=body):
            return list(body)
        case Loop(passes=passes):
            return [inner for each in passes for inner in each.body]
        case Cycle(visits=visits):
            parts = (part for visit in visits for part in visit.parts)
            return [inner for part in parts for each in part.passes for inner in each.body]
        case Equation() | Output():
            return []


def unrolled(body: Body, around: Around = ()) -> Iterator[tuple[Around, Equation | Cycle]]:
    """What runs in a body, loops gone through; with the indices of the loops around it."""
    for item in body:
        if isinstance(item, Loop):
            for each in item.passes:
                assert each.number is not None
                yield from unrolled(each.body, (*around, (item.index, each.number)))
        else:
            yield around, item
