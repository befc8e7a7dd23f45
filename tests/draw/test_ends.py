"""Inputs and outputs in pictures: where they stand, and that no arrow runs through a box."""

from __future__ import annotations

import shutil
from itertools import pairwise

import pytest

from mgiad_dsl.base.resources import bundled_specs
from mgiad_dsl.draw import Look, draw
from tests.draw.geometry import picture
from tests.draw.test_draw import (
    BARE,
    BOTH,
    DEEP,
    FLAT,
    bundled,
    edges,
    lowered,
    positions,
)

pytestmark = pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz's dot")

NET = """network net
input one : 1 x 16 x 16
input another_one_of_long_name : 1 x 16 x 16
input c : 1 x 16 x 16
levels l in 1..3 : resolution
spaces u[l], f[l] : 1 channels
operators {{
    A, B, K : u[l] -> u[l] conv 3x3
    G : f[l] -> u[l] conv 3x3
    I : one -> u[1] conv 3x3
    J : another_one_of_long_name -> f[1] conv 3x3
    C : c -> u[1] conv 3x3
    R : u[l] -> u[l+1] avgpool 2x2
    Rf : f[l] -> f[l+1] avgpool 2x2
    P : u[l] -> u[l-1] upsample
}}
start {{ u[1] = I(one) f[1] = J(another_one_of_long_name) {start} }}
cycle over l : {kind} {{
    smooth {{ u[l] = A(u[l]) {smooth} }}
    coarsen {{ u[l+1] = R(u[l]) f[l+1] = Rf(f[l]) }}
    {back}
}}
{outputs}
"""
BACK = "correct { u[l] = u[l] + P(u[l+1]) } smooth { u[l] = B(u[l]) }"
C_AT_1 = "u[l] = l == 1 ? u[l] + C(c) : u[l]"
C_AT_2 = "u[l] = l == 2 ? u[l] + R(C(c)) : u[l]"
C_AT_3 = "u[l] = l == 3 ? u[l] + R(R(C(c))) : u[l]"
TWO = "output solution = u[1] output the_residual_of_long_name = G(f[1]) - A(u[1])"
LEVELS = "output low = u[3] output mid = K(u[2]) output wide_mid = G(f[2]) output top = u[1]"
DIRECT = "output f1 = f[1] output p = C(c) output q = I(one) - C(c)"


def net(
    kind: str = "V", start: str = "u[1] = u[1] + C(c)", smooth: str = "", outputs: str = TWO
) -> str:
    back = "" if kind == "backslash" else BACK
    return NET.format(kind=kind, start=start, smooth=smooth, outputs=outputs, back=back)


@pytest.mark.parametrize("kind", ["backslash", "V", "W"])
@pytest.mark.parametrize("outputs", [TWO, LEVELS, DIRECT], ids=["two", "levels", "direct"])
@pytest.mark.parametrize("smooth", ["", C_AT_1, C_AT_2, C_AT_3], ids=["start", "1", "2", "3"])
def test_no_arrow_runs_through_a_box(kind: str, outputs: str, smooth: str) -> None:
    used = {"start": ""} if smooth else {}
    found = picture(
        draw(lowered(net(kind, smooth=smooth, outputs=outputs, **used)), Look(legend=False))
    )
    assert found.crossings() == []
    assert found.collisions() == []


@pytest.mark.parametrize(
    "name", [*(path.stem for path in bundled_specs()), "mgiad:w3", "poisson:w", "poisson:f"]
)
def test_nor_in_any_bundled_network(name: str) -> None:
    found = picture(draw(bundled(name), Look(legend=False)))
    assert found.crossings() == []
    assert found.collisions() == []


@pytest.mark.parametrize("text", [BOTH, FLAT, DEEP, BARE])
def test_nor_in_small_ones(text: str) -> None:
    found = picture(draw(lowered(text), Look(legend=False)))
    assert found.crossings() == []
    assert found.collisions() == []


TWICE = """network twice
input image : 1 x 16 x 16
levels l in 1..4 : resolution
levels k in 0..3 : channel
spaces u[l,k] : 1 channels
operators {
    A[l] : u[l,k] -> u[l,k] conv 3x3
    B[l] : u[l,k] -> u[l,k] conv 3x3
    D : u[l,k] -> u[l,k+1] conv 1x1
    R : u[l,k] -> u[l+1,k] conv 3x3
}
step relax { u[l,k] = B[l](A[l](u[l,k])) }
step sweep { cycle over k : backslash { smooth 1 relax  coarsen { u[l,k+1] = D(u[l,k]) } } }
start { u[1,0] = image }
cycle over l : backslash { smooth 2 sweep  coarsen { u[l+1,0] = R(u[l,0]) } }
cycle over l : backslash { smooth 1 sweep  coarsen { u[l+1,0] = R(u[l,0]) } }
output o = u[4,3]
"""


FLAT_TWICE = (
    TWICE.replace("sweep  c", "{ u[l,0] = A[l](u[l,0]) } c")
    .replace("k in 0..3", "k in 0..0")
    .replace("u[4,3]", "u[4,0]")
)


@pytest.mark.parametrize("text", [TWICE, FLAT_TWICE], ids=["nested", "flat"])
def test_nor_where_a_cycle_begins_again_far_from_its_end(text: str) -> None:
    found = picture(draw(lowered(text), Look(legend=False)))
    assert found.crossings() == []
    assert found.collisions() == []


def test_it_can_fail() -> None:
    dot = draw(lowered(net()), Look(legend=False))
    through = dot.rstrip().removesuffix("}") + '"input.one" -> "input.c" l1_pre -> l3_solve}'
    assert ("input.one", "input.c", "input.another_one_of_long_name") in picture(
        through
    ).crossings()
    x, y = positions(dot)["l2_pre"]
    over = dot.replace("\tl2_post [", f'\tmore [shape=box pos="{x},{y}!"]\n\tl2_post [')
    assert ("l2_pre", "more") in picture(over).collisions()


def test_inputs_stand_side_by_side_above_the_start() -> None:
    dot = draw(lowered(net()))
    at, boxes = positions(dot), picture(dot).boxes
    inputs = ["input.one", "input.another_one_of_long_name", "input.c"]
    for left, right in pairwise(inputs):
        assert boxes[left].right < boxes[right].left
        assert at[left][1] == at[right][1] > at["start"][1]
    assert {name: ends(dot, name) for name in inputs} == {name: ["start"] for name in inputs}


def test_an_input_goes_to_what_uses_it_first() -> None:
    for level, key in {1: "l1_pre", 2: "l2_pre"}.items():
        smooth = {1: C_AT_1, 2: C_AT_2}[level]
        dot = draw(lowered(net(start="", smooth=smooth)))
        assert ends(dot, "input.c") == [key]
        assert ends(dot, "input.one") == ["start"]


def test_an_output_comes_from_what_it_depends_on_last() -> None:
    dot = draw(lowered(net(outputs=f"{LEVELS} output first = f[1] output p = C(c)")))
    sources = {name: sources_of(dot, f"output.{name}") for name in ("low", "mid", "wide_mid")}
    assert sources == {"low": ["l3_post"], "mid": ["l2_post"], "wide_mid": ["l2_pre"]}
    assert sources_of(dot, "output.first") == ["start"]
    assert sources_of(dot, "output.p") == ["input.c"]


def test_a_zero_uses_nothing() -> None:
    """It takes its batch size from an input, and no arrow says so."""
    text = net(outputs="output o = u[1]").replace("u[1] = I(one)", "u[1] = 0")
    dot = draw(lowered(text))
    assert ends(dot, "input.one") == []


def ends(dot: str, tail: str) -> list[str]:
    """Where the arrows from a node end, through the points where they turn."""
    found = []
    for one, other in edges(dot):
        if one == tail:
            found += ends(dot, other) if _turns(other) else [other]
    return found


def sources_of(dot: str, head: str) -> list[str]:
    found = []
    for one, other in edges(dot):
        if other == head:
            found += sources_of(dot, one) if _turns(one) else [one]
    return found


def _turns(key: str) -> bool:
    return key.rpartition(".")[2].isdigit()
