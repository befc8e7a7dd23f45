"""How a function refers to the operators of a network: its own, or those it was given."""

from __future__ import annotations

from collections.abc import Iterable

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network, Operation, WeightGroup
from mgiad_dsl.outline.names import Namespace, distinct
from mgiad_dsl.outline.program import (
    Argument,
    Element,
    Formal,
    Member,
    Parameter,
    ParameterKind,
    Pick,
    Reference,
)

Path = tuple["str | int", ...]


class Operators:
    """References to sharing groups; norms with a place in the tree lie below ``path``."""

    def __init__(
        self,
        network: Network,
        groups: dict[str, Reference],
        norms: dict[str, Reference],
        path: Path,
    ) -> None:
        self._network = network
        self._groups = groups
        self._norms = norms
        self._path = path

    def of(self, node: Operation) -> Reference:
        """The operator of an operation."""
        assert node.group is not None
        group = self._network.groups[node.group]
        if group.path:
            return self.norms(group.family, group.path)
        return self._groups[group.name]

    def norms(self, family: str, path: Path, passes: int = 0) -> Reference:
        """Norms of a family at a place: one, or the list or dict of all that lie there.

        ``passes`` says how many lists there are beside this one, if they are those of passes.
        """
        found = self._norms[family]
        keys = path[len(self._path) :]
        for at, key in enumerate(keys, 1):
            found = Element(found, key, passes if at == len(keys) else 0)
        return found

    def list(self, groups: list[WeightGroup]) -> Argument:
        """One operator, or the list of several."""
        found = tuple(self._groups[group.name] for group in groups)
        return found[0] if len(found) == 1 else Pick(found)


def module_operators(network: Network) -> Operators:
    """The operators as members of the module."""
    groups: dict[str, Reference] = {}
    norms: dict[str, Reference] = {}
    for name, group in network.groups.items():
        if group.path:
            norms[group.family] = Member(group.family)
        elif group.indices:
            groups[name] = Element(Member(group.family), group.key)
        else:
            groups[name] = Member(group.family)
    return Operators(network, groups, norms, ())


def in_order(groups: Iterable[WeightGroup]) -> list[WeightGroup]:
    """Families as declared, levels from fine to coarse; norms as they run."""
    return sorted(groups, key=lambda group: (group.span.start, () if group.path else group.indices))


def by_family(groups: Iterable[WeightGroup]) -> list[list[WeightGroup]]:
    """The groups of each family, in order; those with a place in the tree last."""
    families: dict[str, list[WeightGroup]] = {}
    for group in in_order(groups):
        families.setdefault(group.family, []).append(group)
    return sorted(families.values(), key=lambda members: bool(members[0].path))


def kind_of(groups: list[WeightGroup]) -> ParameterKind:
    """What a parameter for one or several groups of a family is."""
    if groups[0].path:
        return "norms"
    if isinstance(groups[0].op, ops.Scalar):
        return "scalar" if len(groups) == 1 else "scalars"
    return "operator" if len(groups) == 1 else "operators"


def listed(
    network: Network, groups: Iterable[WeightGroup], path: Path, space: Namespace
) -> tuple[list[Formal], Operators, list[list[WeightGroup]]]:
    """Parameters of a function that takes a list for each family of operators.

    Returns the parameters, how the function refers to operators, and the groups behind each
    parameter.
    """
    families = by_family(groups)
    names = distinct({members[0].family: members[0].family for members in families}, space)
    references: dict[str, Reference] = {}
    norms: dict[str, Reference] = {}
    formals = []
    for members in families:
        family = members[0].family
        whole = Parameter(names[family])
        kind = kind_of(members)
        if members[0].path:
            norms[family] = whole
            kind = "norms" if isinstance(members[0].path[len(path)], int) else "parts"
        elif len(members) == 1:
            references[members[0].name] = whole
        else:
            for number, group in enumerate(members):
                references[group.name] = Element(whole, number)
        formals.append(Formal(names[family], kind))
    return formals, Operators(network, references, norms, path), families
