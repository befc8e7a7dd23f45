"""The network: its operations in the order they run, the weights they share, and its tree.

The operations keep their order, which is all that counting and emitting need;
`Network.view` gives a networkx graph where graph algorithms are wanted (networkx takes
0.4 s to import).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import Span
from mgiad_dsl.graph import tree
from mgiad_dsl.graph.ops import Op, Shape, Weighted, Zeros
from mgiad_dsl.graph.tree import Equation, Tree

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Place:
    """A space at its indices: ``u[2,0]``; equal ``identity`` and ``indices`` are one space.

    ``levels`` are those of its indices that are levels: ``{"l": 2, "k": 0}``.
    """

    identity: str
    indices: tuple[int, ...]
    label: str = field(compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)
    levels: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Operation:
    """One operation: its result is the value called ``name``.

    ``operator`` is the one of the spec that it applies; functions and arithmetic apply none.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]
    shape: Shape
    place: Place
    operator: str | None
    group: str | None
    span: Span = field(repr=False)


@dataclass
class WeightGroup:
    """A sharing group: one set of weights, and every operation that uses it.

    ``indices`` are those in the brackets of the operator, called ``names`` where it is declared.
    For what is new at every use (``norm[*]``) they are the levels and passes on the way to it,
    and ``path`` is where it lies: part of the cycle, number of the pass and of the norm in it
    (``("l1_pre", 0, 1)``).
    ``levels`` are the level indices it belongs to (``{"l": 2, "k": 0}``); an index on which
    its uses differ is left out. ``role`` is operator, transfer, norm, activation, chance, stem,
    head or scalar.
    ``key`` is the name in its family (``2_0``, ``l1_pre.0.1``), empty where the family is one
    group; ``name`` (``A.2_0``) the prefix of its tensors in the ``state_dict``.
    ``made_of`` are the groups of the network as written that its weights come from: itself, and
    for inference the norms that were folded into it, inner ones first.
    """

    family: str
    names: tuple[str, ...]
    indices: tuple[int, ...]
    path: tuple[str | int, ...]
    op: Weighted
    span: Span = field(repr=False)
    role: str
    levels: dict[str, int]
    users: list[str] = field(default_factory=list)
    made_of: tuple[str, ...] = ()
    key: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        if self.path:
            self.key = ".".join(map(str, self.path))
        else:
            self.key = "_".join(map(str, self.indices)).replace("-", "m")
        self.name = f"{self.family}.{self.key}" if self.key else self.family
        self.made_of = self.made_of or (self.name,)


@dataclass
class Network:
    """A whole network after lowering; rewrites make new ones.

    ``name`` is that of its ``spec``, with the variant: ``mgnet:A`` of ``mgnet``.
    """

    name: str
    spec: str
    operations: dict[str, Operation] = field(default_factory=dict)
    groups: dict[str, WeightGroup] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    tree: Tree = ()

    def equations(self) -> Iterator[Equation]:
        """All equations in the order they run."""
        for stage in self.tree:
            yield from tree.equations(stage)

    def live(self) -> set[str]:
        """Names of the operations that must run to give the outputs."""
        return self._needed(through_zeros=True)

    def needed(self) -> set[str]:
        """Names of the operations whose values the outputs depend on; no path goes through a zero.

        A zero takes nothing but its batch size from its input.
        """
        return self._needed(through_zeros=False)

    def live_groups(self) -> set[str]:
        """Names of the sharing groups with a path to an output; all others are dead."""
        needed = self.needed()
        return {name for name, g in self.groups.items() if any(u in needed for u in g.users)}

    def _needed(self, through_zeros: bool) -> set[str]:
        wanted = set(self.outputs.values())
        for name in reversed(self.operations):
            node = self.operations[name]
            if name in wanted and (through_zeros or not isinstance(node.op, Zeros)):
                wanted.update(node.inputs)
        return wanted

    def view(self) -> nx.MultiDiGraph[str]:
        """A networkx graph of the operations; every edge carries the ``shape`` that flows on it."""
        import networkx as nx

        view: nx.MultiDiGraph[str] = nx.MultiDiGraph(name=self.name)
        for node in self.operations.values():
            view.add_node(node.name, operation=node)
            for source in node.inputs:
                view.add_edge(source, node.name, shape=self.operations[source].shape)
        return view

    def node_link(self) -> dict[str, object]:
        """The `view` as networkx's node-link data, which its ``node_link_graph`` reads back."""
        import networkx as nx

        data: dict[str, object] = nx.node_link_data(self.view(), edges="edges")
        return data
