"""``repeat t in 1..T { ... }`` from text to PyTorch: it runs what is written out by hand."""

from __future__ import annotations

import re

import pytest
import torch

from mgiad_dsl import Source, SpecError, compile_source
from mgiad_dsl.draw.clusters import Cluster, clusters
from mgiad_dsl.draw.story import Block
from mgiad_dsl.draw.tell import tell
from mgiad_dsl.graph.tree import Cycle, Loop, Start
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load

DECLARED = """network {name}
input image : 3 x 8 x 8
levels l in 1..2 : resolution
spaces u[l], f[l] : 4 channels
operators {{
    Q      : image  -> u[1]    conv 1x1
    K[t]   : u[1]   -> f[1]    conv 1x1
    A[t,l] : u[l]   -> f[l]    conv 3x3
    S[l]   : f[l]   -> u[l]    conv 3x3
    R      : f[l-1] -> f[l]    conv 3x3 stride 2 depthwise
    P      : u[l]   -> u[l-1]  conv 3x3 stride 2 transposed depthwise
    norm[*] : batchnorm
}}
start {{ u[1] = Q(image) }}
"""
BEFORE = "f[1] = K[{t}](u[1])"
CYCLE = """
cycle over l : V {{
    smooth  {{ u[l] = u[l] + relu(norm(S[l](f[l] - A[{t},l](u[l])))) }}
    coarsen {{ f[l+1] = R(f[l] - A[{t},l](u[l]))   u[l+1] = 0 }}
    correct {{ u[l] = u[l] + P(u[l+1]) }}
}}
"""
BEHIND = "u[1] = gelu(u[1] + {t} * S[1](f[1]))"
END = "output y = u[1]\n"


def declared(name: str) -> str:
    return DECLARED.format(name=name)


def repeated(numbers: str = "1..3", index: str = "t") -> str:
    body = "\n".join(each.format(t=index) for each in (BEFORE, CYCLE, BEHIND))
    return f"{declared('repeated')}repeat {index} in {numbers} {{ {body} }}\n{END}"


def by_hand(*numbers: int) -> str:
    """The same, as a `start` with every number written out."""
    bodies = [each.format(t=t) for t in numbers for each in (BEFORE, CYCLE, BEHIND)]
    return f"{declared('byhand')}start {{ {' '.join(bodies)} }}\n{END}"


@pytest.mark.parametrize("level", LEVELS)
def test_it_is_what_is_written_out(level: Level) -> None:
    loop = compile_source(Source("loop", repeated()), level=level)
    hand = compile_source(Source("hand", by_hand(1, 2, 3)), level=level)
    assert loop.count.weights == hand.count.weights
    assert loop.count.macs == hand.count.macs
    ours, theirs = load(loop.python).double(), load(hand.python).double()
    for parameter in ours.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    values = list(ours.state_dict().values())  # in one order; only norms have other names
    names = list(theirs.state_dict())
    assert [t.shape for t in values] == [t.shape for t in theirs.state_dict().values()]
    theirs.load_state_dict(dict(zip(names, values, strict=True)))
    image = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(ours(image), theirs(image), rtol=1e-12, atol=1e-12)


def test_the_tree() -> None:
    network = compile_source(Source("loop", repeated("0..1"))).written
    start, loop, _ = network.tree
    assert isinstance(start, Start)
    assert isinstance(loop, Loop)
    assert [each.number for each in loop.passes] == [0, 1]
    assert [each.path for each in loop.passes] == [("t", 0), ("t", 1)]
    assert [type(item) is Cycle for item in loop.passes[0].body] == [False, True, False]


def test_cycles_of_all_layers_are_one_method() -> None:
    source = compile_source(Source("loop", repeated())).python
    assert source.count("def v_cycle_l") == 1
    calls = re.findall(r"= self\.v_cycle_l2\((\d), ", source)
    assert calls == ["1", "2", "3"]


def test_names_of_norms() -> None:
    state = load(compile_source(Source("loop", repeated("2..3"))).python).state_dict()
    norms = {name.removesuffix(".weight") for name in state if name.startswith("norm")}
    places = ("l1_pre", "l2_pre")
    expected = {f"norm.t.{n}.{place}.0" for n in range(2) for place in places}
    assert expected <= norms


@pytest.mark.parametrize("index", ["own", "output_y", "_own"])
def test_an_index_that_is_called_like_another_place(index: str) -> None:
    text = repeated(index=index).replace("gelu(u[1]", "gelu(norm(u[1])")
    text = text.replace("start { u[1] = Q(image) }", "start { u[1] = norm(Q(image)) }")
    compiled = compile_source(Source("loop", text))
    network = load(compiled.python)
    assert sum(p.numel() for p in network.parameters()) == compiled.count.weights
    network(torch.randn(2, 3, 8, 8))


def test_two_loops_of_one_index() -> None:
    text = declared("two") + "".join(
        f"repeat t in 1..2 {{ {CYCLE.format(t='t')} }} " for _ in range(2)
    )
    text = text.replace("u[1] = Q(image)", "u[1] = Q(image)  f[1] = K[1](u[1])")
    compiled = compile_source(Source("two", text + END))
    norms = [name for name in compiled.network.groups if name.startswith("norm")]
    assert len(norms) == len(set(norms)) == 8  # two loops, two numbers, two places
    load(compiled.python)(torch.randn(2, 3, 8, 8))


def test_nothing_runs_of_an_empty_one() -> None:
    text = declared("none") + "repeat t in 1..0 { u[1] = S[1](K[t](u[1])) }\noutput y = u[1]\n"
    network = compile_source(Source("none", text.replace("levels l in 1..2", "levels l in 1..1")))
    assert network.count.weights == 12


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("1..-1", "the number of steps must be 0 or more, not -1"),
        ("1..1/2", "the number of steps must be an integer, not 1/2"),
        ("1..10^9", "this network unrolls to more than 20,000 operations"),
        ("1..n", "`n` is not declared"),
    ],
)
def test_errors(numbers: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        compile_source(Source("loop", repeated(numbers)))
    assert error.value.message == message


def test_pictures() -> None:
    network = compile_source(Source("loop", repeated())).network
    story = tell(network)
    keys = [item.key for item in story.items]
    assert len(keys) == len(set(keys))
    titles = [item.title for item in story.items if isinstance(item, Block)]
    assert {"t = 1", "t = 2", "t = 3"} <= set(titles)
    headings = [item.heading for item in clusters(network) if isinstance(item, Cluster)]
    assert headings == ["start", "t = 1", "t = 2", "t = 3"]
