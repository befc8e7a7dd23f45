"""The network graph: operations in the order they run, and the weights they share.

The graph keeps its nodes in order, which is all that counting and emitting need;
`NetGraph.view` gives a networkx graph where graph algorithms are wanted (networkx takes
0.4 s to import).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mgiad_dsl.base.source import Span
from mgiad_dsl.graph import shapes
from mgiad_dsl.graph.ops import Op, Shape, Weighted, Zeros

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Frame:
    """One step of the way to an equation: a level, a part of a cycle, a smoothing step.

    ``kind`` is ``start``, ``level``, ``part`` or ``output``; ``name`` is the level's index,
    the part (``pre``, ``post``, ``coarsen``, ``solve``, ``correct``) or the output's name;
    ``value`` is the level or the number of the step; ``visit`` counts the visits of a level
    (W and F cycles); ``step`` names the step that runs; ``cycle`` is the kind of the cycle.
    """

    kind: str
    name: str
    value: int | None = None
    visit: int = 1
    step: str | None = None
    cycle: str | None = None

    @property
    def label(self) -> str:
        """A name part: ``l2``, ``l2v2`` (second visit), ``pre1``, ``coarsen``, ``start``."""
        value = "" if self.value is None else str(self.value).replace("-", "m")
        visit = f"v{self.visit}" if self.visit > 1 else ""
        return f"{self.name}{value}{visit}"


Scope = tuple[Frame, ...]


def path(scope: Scope) -> str:
    """``l2_k0_pre1``: the scope as part of a name."""
    return "_".join(frame.label for frame in scope)


@dataclass(frozen=True)
class Place:
    """A space at its indices: ``u[2,0]``; equal ``identity`` and ``indices`` are one space."""

    identity: str
    indices: tuple[int, ...]
    label: str = field(compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Node:
    """One operation: its result is the value called ``name``."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    shape: Shape
    place: Place
    group: str | None
    statement: int
    span: Span = field(repr=False)


@dataclass(frozen=True)
class Statement:
    """One equation as it ran: ``target[indices] = value``; a `let` has no indices."""

    scope: Scope
    target: str
    indices: tuple[int, ...] | None
    value: str
    span: Span = field(repr=False)

    @property
    def label(self) -> str:
        inside = ",".join(map(str, self.indices or ()))
        return f"{self.target}[{inside}]" if self.indices else self.target


@dataclass
class WeightGroup:
    """A sharing group: one set of weights, and every node that uses it.

    ``levels`` are the level indices it belongs to (``{"l": 2, "k": 0}``); an index on which
    its uses differ is left out. ``role`` is operator, transfer, norm, stem, head or scalar.
    """

    family: str
    key: str
    op: Weighted
    span: Span = field(repr=False)
    role: str
    levels: dict[str, int]
    users: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """``A.2``: the prefix of its tensors in the ``state_dict``."""
        return f"{self.family}.{self.key}" if self.key else self.family


@dataclass
class NetGraph:
    """A whole network after lowering."""

    name: str
    nodes: dict[str, Node] = field(default_factory=dict)
    groups: dict[str, WeightGroup] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)

    def live(self) -> set[str]:
        """Names of the nodes that must run to give the outputs."""
        return self._needed(through_zeros=True)

    def live_groups(self) -> set[str]:
        """Names of the sharing groups with a path to an output; all others are dead.

        No path leads through a zero: it takes nothing but its batch size from its input.
        """
        live = self._needed(through_zeros=False)
        return {name for name, g in self.groups.items() if any(u in live for u in g.users)}

    def _needed(self, through_zeros: bool) -> set[str]:
        wanted = set(self.outputs.values())
        for name in reversed(self.nodes):
            node = self.nodes[name]
            if name in wanted and (through_zeros or not isinstance(node.op, Zeros)):
                wanted.update(node.inputs)
        return wanted

    def view(self) -> nx.MultiDiGraph[str]:
        """A networkx graph of the nodes; every edge carries the ``shape`` that flows on it."""
        import networkx as nx

        view: nx.MultiDiGraph[str] = nx.MultiDiGraph(name=self.name)
        for node in self.nodes.values():
            view.add_node(node.name, operation=node)
            for source in node.inputs:
                view.add_edge(source, node.name, shape=self.nodes[source].shape)
        return view

    def node_link(self) -> dict[str, object]:
        """The `view` as networkx's node-link data, which its ``node_link_graph`` reads back."""
        import networkx as nx

        data: dict[str, object] = nx.node_link_data(self.view(), edges="edges")
        return data


def verify(graph: NetGraph) -> None:
    """Check that a graph is legal: in order (so acyclic), shapes right, groups agreed.

    Raises:
        AssertionError: the compiler has a mistake; no spec can cause this.
    """
    seen: set[str] = set()
    for node in graph.nodes.values():
        assert seen.issuperset(node.inputs), f"{node.name} comes before one of its inputs"
        given = tuple(graph.nodes[name].shape for name in node.inputs)
        assert node.shape == shapes.result(node.op, given, node.shape), node
        assert (node.group is None) or node.name in graph.groups[node.group].users, node
        seen.add(node.name)
    assert seen.issuperset(graph.outputs.values()), "an output that no node gives"
    assert all(s.value in seen for s in graph.statements), "a statement without a value"
