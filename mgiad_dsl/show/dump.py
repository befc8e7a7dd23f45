"""The stages of the compiler as JSON, for people and tools that want to look inside."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from typing import Literal, get_args

from typing_extensions import assert_never

from mgiad_dsl.base.source import Span
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph.network import Network
from mgiad_dsl.language.plain import plain

Stage = Literal["ast", "spec", "graph", "python"]
STAGES: tuple[Stage, ...] = get_args(Stage)


def dump(compiled: Compiled, stage: Stage) -> str:
    """The text of a stage."""
    match stage:
        case "ast":
            return _json(compiled.tree)
        case "spec":
            return compiled.spec.model_dump_json(indent=2) + "\n"
        case "graph":
            return _json(_graph(compiled.network))
        case "python":
            return compiled.python
        case _:
            assert_never(stage)


def _graph(network: Network) -> dict[str, object]:
    """What networkx reads as a graph, with the sharing groups, the tree and the outputs."""
    more = {"groups": network.groups, "tree": network.tree, "outputs": network.outputs}
    return {"name": network.name, **network.node_link(), **more}


def _json(node: object) -> str:
    return json.dumps(_plain(node), indent=2) + "\n"


def _plain(node: object) -> object:
    """Plain data; a dataclass says its class, a place in the text is ``file:line:col``."""
    if isinstance(node, Span):
        return str(node)
    if dataclasses.is_dataclass(node):
        fields = {f.name: _plain(getattr(node, f.name)) for f in dataclasses.fields(node)}
        return {"node": type(node).__name__, **fields}
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, (tuple, list)):
        return [_plain(item) for item in node]
    return plain(node) if isinstance(node, Fraction) else node
