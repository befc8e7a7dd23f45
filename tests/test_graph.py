"""The graph as networkx sees it, and the check that a graph is legal."""

from __future__ import annotations

import json
from dataclasses import replace

import networkx as nx
import pytest

from mgiad_dsl import compile_file
from mgiad_dsl.graph.verify import verify
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
    assert nx.is_isomorphic(read, compiled.written.view())
    assert {g["family"] for g in data["groups"].values()} >= {"A", "B", "R", "Pi"}


def test_verify_finds_what_lowering_may_not_do() -> None:
    graph = compile_file("digits").written
    verify(graph)
    name, node = next((n, x) for n, x in graph.operations.items() if len(x.shape) == 3 and x.inputs)
    graph.operations[name] = replace(node, shape=(1, 1, 1))
    with pytest.raises(AssertionError):
        verify(graph)
    graph.operations[name] = replace(node, inputs=("later",))
    with pytest.raises(AssertionError, match="before one of its inputs"):
        verify(graph)
