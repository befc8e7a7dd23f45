"""How a function refers to the operators of a network: its own, or those it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mgiad_dsl.graph.network import Network, Operation, WeightGroup
from mgiad_dsl.outline.names import Namespace
from mgiad_dsl.outline.plan import Around
from mgiad_dsl.outline.program import Element, Index, Member, PartKey, Reference

Path = tuple["str | int", ...]


class Operators:
    """References to operators; norms with a place in the tree lie below ``path``.

    ``parts`` are other keys for what lies there.
    """

    def __init__(
        self,
        network: Network,
        group: Callable[[WeightGroup], Reference],
        norms: Mapping[str, Reference],
        path: Path = (),
        parts: Mapping[str | int, PartKey] | None = None,
    ) -> None:
        self._network = network
        self._group = group
        self._norms = norms
        self._path = path
        self._parts = parts or {}

    def of(self, node: Operation) -> Reference:
        """The operator of an operation."""
        assert node.group is not None
        group = self._network.groups[node.group]
        return self.norms(group.family, group.path) if group.path else self._group(group)

    def norms(self, family: str, path: Path, passes: int = 0) -> Reference:
        """Norms of a family at a place: one, or the list or dict of all that lie there.

        ``passes`` says how many lists there are beside this one, if they are those of passes.
        """
        found = self._norms[family]
        keys = path[len(self._path) :]
        for at, key in enumerate(keys, 1):
            known = self._parts.get(key, key) if at == 1 else key
            found = Element(found, known, passes if at == len(keys) else 0)
        return found


class Levels:
    """The indices around a method: it is given those that its operators depend on.

    So cycles that do the same on other levels are one method.
    """

    def __init__(self, around: Around, space: Namespace) -> None:
        self._around = around
        self._space = space
        self._names: dict[str, str] = {}
        self._needed: set[str] = set()

    @property
    def given(self) -> dict[str, str]:
        """The indices that the method needs, with the names of its parameters for them."""
        return {name: self._names[name] for name in self._around if name in self._needed}

    @property
    def names(self) -> dict[str, str]:
        """Parameters for all indices, whether they are needed or not."""
        return {name: self._name(name) for name in self._around}

    def _name(self, index: str) -> str:
        if index not in self._names:
            self._names[index] = self._space.take(index)
        return self._names[index]

    def index(self, name: str, value: int) -> Index:
        """An index ``name``: a level around the method, the next or the last one, or a number."""
        here = self._around.get(name)
        if here is None or abs(value - here) > 1 or value < 0:
            return Index(value)
        self._needed.add(name)
        return Index(value - here, self._name(name))

    def member(self, group: WeightGroup) -> Reference:
        """An operator as a member of the module."""
        family = Member(group.family)
        if not group.indices:
            return family
        return Element(family, tuple(map(self.index, group.names, group.indices)))


def in_order(groups: Iterable[WeightGroup]) -> list[WeightGroup]:
    """Families as declared, levels from fine to coarse; norms as they run."""
    return sorted(groups, key=lambda group: (group.span.start, () if group.path else group.indices))


def by_family(groups: Iterable[WeightGroup]) -> list[list[WeightGroup]]:
    """The groups of each family, in order; those with a place in the tree last."""
    families: dict[str, list[WeightGroup]] = {}
    for group in in_order(groups):
        families.setdefault(group.family, []).append(group)
    return sorted(families.values(), key=lambda members: bool(members[0].path))


def placed(groups: Iterable[WeightGroup]) -> list[str]:
    """The families of those groups that have a place in the tree, in order."""
    return [members[0].family for members in by_family(groups) if members[0].path]
