"""The parts of a cycle: which role each plays, and which the cycle cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.graph.tree import Role
from mgiad_dsl.language import syntax as ast


def labelled(cycle: ast.Cycle) -> list[tuple[Role, ast.Part]]:
    """The parts with their roles: smoothing before `coarsen` is `pre`, after it `post`."""
    parts: list[tuple[Role, ast.Part]] = []
    coarsened = False
    for part in cycle.parts:
        coarsened = coarsened or part.name != "smooth"
        parts.append((_role(part.name, coarsened), part))
    return parts


def _role(name: str, coarsened: bool) -> Role:
    if name == "smooth":
        return "post" if coarsened else "pre"
    return next(role for role in get_args(Role) if role == name)


def missing(cycle: ast.Cycle, kind: str | None) -> Iterator[SpecError]:
    """What a cycle of this kind lacks; None is a kind that only lowering can compute."""
    labels = {label for label, _ in labelled(cycle)}
    working = {"pre", "solve"} if kind == "backslash" else {"pre", "solve", "post"}
    lacks = []
    if not working & labels:
        lacks.append("a `smooth` or `solve`: nothing runs on the coarsest level")
    if "coarsen" not in labels:
        lacks.append("a `coarsen`: how values reach the next level")
    if kind not in (None, "backslash") and "correct" not in labels:
        lacks.append(f"a `correct`: a {kind} cycle comes back to each level")
    for what in lacks:
        yield SpecError(f"this cycle lacks {what}", cycle.index.span)
