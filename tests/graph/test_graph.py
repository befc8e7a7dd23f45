"""The graph as networkx sees it."""

from __future__ import annotations

import json

import networkx as nx

from mgiad_dsl import compile_file
from mgiad_dsl.show.dump import dump


def test_the_view_is_acyclic_and_carries_shapes_on_every_edge() -> None:
    graph = compile_file("mgiad").written
    view = graph.view()
    assert nx.is_directed_acyclic_graph(view)
    assert list(view) == list(graph.operations)
    for source, _, data in view.edges(data=True):
        assert data["shape"] == graph.operations[source].shape


def test_dead_nodes_are_those_that_networkx_finds_no_path_from() -> None:
    graph = compile_file("unet_mg").written
    view = graph.view()
    reaching = set().union(*(nx.ancestors(view, out) | {out} for out in graph.outputs.values()))
    assert graph.live() == reaching


def test_networkx_reads_the_dumped_graph() -> None:
    compiled = compile_file("mgnet")
    data = json.loads(dump(compiled, "graph"))
    read = nx.node_link_graph(data, edges="edges")
    assert nx.is_isomorphic(read, compiled.network.view())
    assert {g["family"] for g in data["groups"].values()} >= {"A", "B", "R", "Pi"}
