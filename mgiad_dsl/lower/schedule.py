"""The order in which a cycle visits its levels (Trottenberg et al. 2000, section 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mgiad_dsl.graph.tree import Role


def schedule(kind: str, first: int, last: int) -> Iterator[tuple[Role, int]]:
    """The parts of a cycle with the level each runs on, finest level ``first``.

    ``pre`` begins a visit; on the coarsest level ``solve`` is the whole visit. ``backslash``
    never comes back, ``V`` visits the coarser level once, ``W`` twice, ``F`` as an F-visit
    followed by a V-visit; the coarsest level is visited once per descent.
    """
    todo: list[tuple[Role | Literal["visit"], int, str]] = [("visit", first, kind)]
    while todo:
        part, level, how = todo.pop()
        if part != "visit":
            yield part, level
        elif level == last:
            yield "solve", level
        else:
            back: list[Role] = [] if how == "backslash" else ["correct", "post"]
            coarser = {"W": ["W", "W"], "F": ["F", "V"]}.get(how, [how])
            if level + 1 == last:
                coarser = coarser[:1]
            todo += [(name, level, how) for name in reversed(back)]
            todo += [("visit", level + 1, next_) for next_ in reversed(coarser)]
            todo += [("coarsen", level, how), ("pre", level, how)]
