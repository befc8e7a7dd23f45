"""A cycle while it is written: what becomes the body of its method, and what that is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mgiad_dsl.outline.names import Namespace
from mgiad_dsl.outline.operators import Levels, Operators
from mgiad_dsl.outline.plan import CycleUse
from mgiad_dsl.outline.program import Formal, Statement
from mgiad_dsl.outline.scope import Scope


@dataclass(frozen=True, eq=False)
class Draft:
    """A cycle in one of its uses; its statements are written to ``scope``.

    ``given`` are the values that it works on, with their parameters; ``norms`` the families of
    norms that lie in it, with theirs; ``results`` the values that are needed behind it.
    """

    use: CycleUse
    scope: Scope
    operators: Operators
    levels: Levels
    space: Namespace
    given: Mapping[str, Formal]
    norms: Mapping[str, Formal]
    results: list[str]

    @cached_property
    def body(self) -> tuple[Statement, ...]:
        """All that was written."""
        return self.scope.statements()

    @property
    def parameters(self) -> tuple[Formal, ...]:
        """Those for values and norms."""
        return (*self.given.values(), *self.norms.values())
