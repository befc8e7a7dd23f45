"""Good networks, and ways to break them that a rewrite could."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from mgiad_dsl import Source, compile_file, compile_source
from mgiad_dsl.base.source import CompilerError
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Op
from mgiad_dsl.graph.tree import Body, Equation, Output, Stage, Start
from mgiad_dsl.graph.verify import verify

Breach = Callable[[Network], str]  # breaks a network, and gives the message of it

# Between them these have every kind of operation.
KINDS = """network kinds
input image : 3 x 8 x 8
levels l in 1..2 : resolution
spaces u[l] = f[l] : 4 channels
operators {
    S : image -> u[1] conv 3x3
    A : u[l] -> u[l] conv 3x3 group_size 2
    R : u[l-1] -> u[l] conv 3x3 stride 2
    P : u[l] -> u[l-1] conv 3x3 stride 2 transposed
    T : u[l] -> u[l] stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] learnable
    batch : batchnorm   group : groupnorm group_size 2   layer : layernorm   slope : prelu
    drop : dropout 1/4   path : droppath 1/4
    s : scalar 1/2
    J : u[l], f[l] -> u[l] conv 1x1
    W : u[1] -> 5 linear
}
start { u[1] = S(image)   f[1] = u[1] }
cycle over l : V {
    smooth 2 { u[l] = u[l] - s * relu(batch(A(u[l]))) / 2 }
    coarsen { u[l+1] = drop(slope(R(u[l]))) }
    correct { u[l] = layer(group(T(u[l]) + P(u[l+1]))) + path(J(u[l], u[l])) }
}
output map = upsample(maxpool(u[1], 2x2), 2)
output logits = -W(avgpool(u[1]))
"""
SETTINGS: dict[str, dict[str, object]] = {
    "digits": {},
    "unet_mg": {"base": 4, "L": 3, "size": 16},
    "poisson_learned": {"L": 4},
    "mgnet": {"width": 0.25, "size": 16},
}
NAMES = ("kinds", *SETTINGS)


@cache
def _lowered(name: str) -> Network:
    if name == "kinds":
        return compile_source(Source(name, KINDS)).written
    return compile_file(name, **SETTINGS[name]).written


def good(name: str) -> Network:
    """A network of its own, to be broken."""
    return copy.deepcopy(_lowered(name))


def assert_found(breach: Breach, network: Network) -> None:
    """`verify` finds what a breach has done, and says it."""
    message = breach(network)
    with pytest.raises(CompilerError, match=f"^{re.escape(message)}$"):
        verify(network)


def first(network: Network, *kinds: type[Op]) -> str:
    """The first operation of a kind."""
    return next(n for n, node in network.operations.items() if isinstance(node.op, kinds))


def change(network: Network, name: str, /, **fields: object) -> None:
    """Change fields of an operation."""
    network.operations[name] = replace(network.operations[name], **fields)


def change_op(network: Network, name: str, with_group: bool = True, **fields: object) -> None:
    """Change fields of what an operation does, and of its group, that they agree."""
    node = network.operations[name]
    change(network, name, op=replace(node.op, **fields))
    if node.group is not None and with_group:
        group = network.groups[node.group]
        group.op = replace(group.op, **fields)


def equations(network: Network, other: Callable[[Equation], Equation | None]) -> None:
    """Change the equations of the starts and the outputs, or leave them out."""
    stages = (_stage(stage, other) for stage in network.tree)
    network.tree = tuple(stage for stage in stages if stage is not None)


def _stage(stage: Stage, other: Callable[[Equation], Equation | None]) -> Stage | None:
    if isinstance(stage, Start):
        return replace(stage, body=_body(stage.body, other))
    if isinstance(stage, Output):
        equation = other(stage.equation)
        return None if equation is None else Output(equation)
    return stage


def _body(body: Body, other: Callable[[Equation], Equation | None]) -> Body:
    changed = (other(item) if isinstance(item, Equation) else item for item in body)
    return tuple(item for item in changed if item is not None)
