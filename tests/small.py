"""A small spec to change, and short ways to what it becomes."""

from __future__ import annotations

from collections.abc import Iterator

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.compiler import Compiled, compile_source
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Body, Cycle, Equation, Output, Stage, Start

# Two levels; `{...}` are the places that tests fill.
NET = """network net(width = 8, steps = 2{parameters})
{lets}
input image : 3 x 32 x 32
levels l in 1..{last} : resolution
spaces u[l], f[l] : {channels} channels

operators {{
    S       : image  -> f[1]  conv 3x3
    A[l]    : u[l]   -> f[l]  conv 3x3
    B[l,b]  : f[l]   -> u[l]  conv 3x3
    R[l]    : f[l-1] -> f[l]  conv 3x3 stride 2
    P[l]    : u[l]   -> u[l-1]  conv 3x3 stride 2 transposed
    {operators}
}}

start {{ f[1] = S(image)   u[1] = 0 }}

cycle over l : {kind} {{
    smooth {repeat} {{ {smooth} }}
    coarsen {{ f[l+1] = R[l+1](f[l] - A[l](u[l]))   u[l+1] = 0 }}
    {parts}
}}

{output}
"""

CORRECT = "correct { u[l] = u[l] + P[l+1](u[l+1]) }"
DEFAULTS = {
    "parameters": "",
    "lets": "",
    "last": "2",
    "channels": "width",
    "operators": "",
    "kind": "V",
    "repeat": "i in 1..steps",
    "smooth": "u[l] = u[l] + B[l,1](f[l] - A[l](u[l]))",
    "parts": CORRECT,
    "output": "output o = u[1]",
}

# Channel cycles inside levels of resolution, beside an equation.
NESTED = """network net
input image : 8 x 8 x 8
levels l in 1..2 : resolution
levels k in 0..l : channel
spaces u[l,k] : 8 / 2^k channels
operators {
    A[l,k] : u[l,k] -> u[l,k] conv 3x3
    D[l,k] : u[l,k-1] -> u[l,k] conv 1x1
    E[l,k] : u[l,k] -> u[l,k-1] conv 1x1
    R[l] : u[l-1,0] -> u[l,0] conv 3x3 stride 2
    norm[*] : batchnorm
}
step relax { u[l,k] = u[l,k] + norm(A[l,k](u[l,k])) }
step inner {
    u[l,0] = norm(u[l,0])
    cycle over k : V {
        smooth i in 1..2 relax
        coarsen { u[l,k+1] = D[l,k+1](u[l,k]) }
        correct { u[l,k] = u[l,k] + E[l,k+1](u[l,k+1]) }
    }
}
start { u[1,0] = image }
cycle over l : backslash {
    smooth inner
    coarsen { u[l+1,0] = R[l+1](u[l,0]) }
}
output o = u[2,0]
"""


def net(**changes: str) -> str:
    """The small spec with some of its places filled otherwise."""
    return NET.format(**{**DEFAULTS, **changes})


def compiled(text: str, variant: str | None = None, **settings: object) -> Compiled:
    return compile_source(Source("net.mgspec", text), variant, settings)


def graph(text: str, variant: str | None = None, **settings: object) -> Network:
    return compiled(text, variant, **settings).written


def errors(text: str, variant: str | None = None, **settings: object) -> list[str]:
    """The messages of a bad spec, in order."""
    try:
        compiled(text, variant, **settings)
    except SpecError as error:
        return [error.message, *(other.message for other in error.others)]
    return []


def groups(text: str, family: str, **settings: object) -> list[str]:
    """The keys of an operator's sharing groups."""
    return [g.key for g in graph(text, **settings).groups.values() if g.family == family]


def uses(net_graph: Network, group: str) -> int:
    return len(net_graph.groups[group].users)


def places(stage: Stage, way: str = "") -> Iterator[tuple[str, Equation]]:
    """Every equation with where it runs: ``l2v2_k0_pre1``."""
    match stage:
        case Output(equation):
            yield "output", equation
        case Start(body=body):
            yield from _placed(body, "start")
        case Cycle():
            for visit in stage.visits:
                again = f"v{visit.number}" if visit.number > 1 else ""
                for part in visit.parts:
                    at = f"{way}{visit.index}{visit.level}{again}_{part.role}"
                    for each in part.passes:
                        number = "" if each.number is None else each.number
                        yield from _placed(each.body, f"{at}{number}")


def _placed(body: Body, way: str) -> Iterator[tuple[str, Equation]]:
    for item in body:
        if isinstance(item, Equation):
            yield way, item
        else:
            yield from places(item, f"{way}_")


def placed(network: Network) -> list[tuple[str, Equation]]:
    return [pair for stage in network.tree for pair in places(stage)]


def trace(network: Network) -> list[str]:
    """Where the equations ran: ``l1_pre1``."""
    return list(dict.fromkeys(place for place, _ in placed(network)))


def operation(net_graph: Network, group: str) -> ops.Weighted:
    return net_graph.groups[group].op
