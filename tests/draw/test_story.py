"""What a picture tells: stops, transfers, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product

import pytest

from mgiad_dsl.draw import Look, draw, notation
from mgiad_dsl.draw.story import Block, Item, Nested, Stop, Transfer
from mgiad_dsl.draw.tell import tell
from tests.draw.test_draw import POOLS, edges, lowered, positions, words

LABEL = r'^\t"?([\w.]+)"? \[label=<(.*)> '

# A cycle over channels in one over resolutions, parts of which do nothing; `{...}` are those.
NET = """network net
input image : 1 x 8 x 8
levels l in 1..3 : resolution
levels k in 0..2 : channel
spaces u[l,k] : 1 channels
operators {{
    A[l,k] : u[l,k] -> u[l,k] conv 3x3
    R : u[l,k] -> u[l+1,k] conv 3x3
    P : u[l,k] -> u[l-1,k] conv 3x3
    D : u[l,k] -> u[l,k+1] conv 1x1
    E : u[l,k] -> u[l,k-1] conv 1x1
}}
start {{ {start} }}
step relax {{ u[l,k] = A[l,k](u[l,k]) }}
step outer {{ cycle over k : {inner} {{
    smooth {pre} relax
    coarsen {{ {D} }}
    solve {solve} relax
    correct {{ {E} }}
    smooth {post} relax
}} }}
cycle over l : {kind} {{
    smooth {pre} outer
    coarsen {{ {R} }}
    solve {solve} outer
    correct {{ {P} }}
    smooth {post} outer
}}
output y = u[1,0]
"""
KINDS = ["V", "W", "F"]
PARTS = list(product((0, 1), (False, True), (0, 2), (False, True), (0, 1)))


def net(kind: str, inner: str, parts: tuple[int, bool, int, bool, int]) -> str:
    pre, down, solve, up, post = parts
    return NET.format(
        start=" ".join(f"u[{l_},{k}] = image" for l_, k in product((1, 2, 3), (0, 1, 2))),
        kind=kind, inner=inner, pre=pre, solve=solve, post=post,
        R="u[l+1,0] = R(u[l,0])" if down else "", P="u[l,0] = P(u[l+1,0])" if up else "",
        D="u[l,k+1] = D(u[l,k])" if down else "", E="u[l,k] = E(u[l,k+1])" if up else "",
    )  # fmt: skip


def cycles(items: tuple[Item, ...]) -> Iterator[tuple[Item, ...]]:
    """The items of a cycle and of all cycles in it."""
    yield items
    for item in items:
        if isinstance(item, Nested):
            yield from cycles(item.items)


@pytest.mark.parametrize(("kind", "inner"), list(product(KINDS, KINDS)))
@pytest.mark.parametrize("parts", PARTS)
def test_every_transfer_stands_between_its_two_levels(
    kind: str, inner: str, parts: tuple[int, bool, int, bool, int]
) -> None:
    network = lowered(net(kind, inner, parts))
    for items in cycles(tell(network).items):
        for number, item in enumerate(items):
            if isinstance(item, Transfer):
                before, behind = items[number - 1], items[number + 1]
                assert not isinstance(before, Transfer)
                assert not isinstance(behind, Transfer)
                assert (before.level, behind.level) == (item.level, item.target)
        for one, other in pairwise(items):
            assert (
                not isinstance(other, Stop) or isinstance(one, Transfer) or one.level != other.level
            )
    dot = draw(network)
    assert {name for edge in edges(dot) for name in edge} <= positions(dot).keys()


def test_a_level_that_does_nothing_is_a_stop() -> None:
    items = tell(lowered(net("V", "V", (1, True, 0, False, 1)))).items
    assert [(type(item).__name__, item.level.value) for item in items] == [
        ("Nested", 1), ("Transfer", 1), ("Nested", 2), ("Transfer", 2), ("Stop", 3),
        ("Nested", 2), ("Nested", 1),
    ]  # fmt: skip


# -- what a line says ------------------------------------------------------------------------

LINES = """network lines
input image : 2 x 8 x 8
levels l in 1..2 : resolution
spaces u[l] : 2 channels
spaces g = h : 2 channels
operators {{
    A : g -> g conv 3x3
    R : u[l] -> u[l+1] conv 3x3
    Ra : u[l] -> u[l+1] avgpool 2x2
    Up : g -> g upsample
    norm[*] : batchnorm
}}
start {{ u[1] = image g = image h = image }}
cycle over l : backslash {{
    smooth 2 {{ {smooth} }}
    coarsen {{ {coarsen} }}
}}
output o = u[2]
"""


def lines(part: str, **equations: str) -> list[tuple[str, list[str], str]]:
    """The lines of the transfer or of the first block: name, texts of chips, other words."""
    filled = {"smooth": "g = A(g)", "coarsen": "u[l+1] = R(u[l])", **equations}
    items = tell(lowered(LINES.format(**filled))).items
    found = next(i for i in items if isinstance(i, Transfer if part == "coarsen" else Block))
    return [
        (each.name, [notation.plain(chip.math) for chip in each.chips], each.words)
        for each in found.lines
    ]


@pytest.mark.parametrize(
    ("equation", "chips", "other"),
    [
        ("g = h", [], "="),
        ("g = image", [], "="),
        ("g = 0", [], "0"),
        ("g = relu(g)", [], "relu"),
        ("g = g + h", [], "+"),
        ("g = 2 * g", [], "2 *"),
        ("g = norm(g)", [], "batchnorm"),
        ("g = norm(A(g))", ["A"], ""),
        ("g = Up(A(g))", ["A", "Up"], ""),
        ("g = upsample(avgpool(g, 2x2), 2)", ["avgpool 2x2", "upsample"], ""),
        ("g = maxpool(g, 3x3 stride 1)", ["maxpool 3x3"], ""),
        ("let r = A(h) g = r + h", ["A"], ""),
        ("g = 0 g = A(g)", ["A"], ""),
    ],
)
def test_a_line_says_what_sets_its_space(equation: str, chips: list[str], other: str) -> None:
    found = lines("coarsen", coarsen=f"u[l+1] = Ra(u[l]) {equation}")
    assert found == [("u", ["Ra"], ""), ("g", chips, other)]


def test_steps_are_told_in_the_same_way() -> None:
    smooth = "smooth 2 {{ {smooth} }}"
    text = LINES.replace(smooth, smooth.replace("2", "i in 1..4", 1))
    step = "g = i == 1 ? A(g) : i == 2 ? maxpool(g, 3x3 stride 1) : relu(g)"
    items = tell(lowered(text.format(smooth=step, coarsen="u[l+1] = R(u[l])"))).items
    assert isinstance(items[0], Block)
    found = [
        (line.name, [notation.plain(c.math) for c in line.chips], line.words)
        for line in items[0].lines
    ]
    assert found == [("1", ["A"], ""), ("2", ["maxpool 3x3"], ""), ("3-4", [], "relu")]
    assert lines("smooth", smooth="g = relu(g)") == []


def test_zero_is_only_said_of_zeros() -> None:
    dot = draw(lowered(POOLS), Look(legend=False))
    labels = {key: words(label).split() for key, label in re.findall(LABEL, dot, re.MULTILINE)}
    assert labels["l1_coarsen"] == ["f", "Ra", "u", "0"]
    assert labels["l1_correct"] == ["u", "Up"]
    assert labels["start"] == ["start", "θ", "maxpool", "3x3"]


# -- keys ------------------------------------------------------------------------------------

TWINS = """network twins
input image : 1 x 8 x 8
input {input} : 1 x 8 x 8
levels l in -1..12 : resolution
levels {index} in {level}..{level} : resolution
levels k in 0..0 : channel
spaces u[l] : 1 channels
spaces v[{index}] : 1 channels
spaces w[k] : 1 channels
operators {{ A : u[l] -> u[l] conv 3x3   B : v[{index}] -> v[{index}] conv 3x3 }}
start {{ w[0] = image }}
step both {{
    v[{index}] = image
    cycle over k : V {{ smooth {{ w[k] = relu(w[k]) }} coarsen {{ }} correct {{ }} }}
    v[{index}] = B(v[{index}])
}}
cycle over l : backslash {{ smooth {{ u[l] = image }} coarsen {{ }} }}
cycle over {index} : backslash {{ smooth both coarsen {{ }} }}
cycle over {index} : backslash {{ smooth both coarsen {{ }} }}
output {output} = v[{level}]
output o = A(u[1])
output p = {input}
"""


@pytest.mark.parametrize(
    ("index", "level", "output", "name"),
    [
        ("lm", 1, "q", "depth"),
        ("l1", 2, "q", "depth"),
        ("level_l", 1, "level_l1_pre", "depth"),
        ("output_l", 1, "l1_pre", "depth"),
        ("input_l", 1, "q", "l1_pre"),
        ("title", 1, "title", "start_1"),
    ],
)
def test_no_two_things_have_one_key(index: str, level: int, output: str, name: str) -> None:
    text = TWINS.format(index=index, level=level, output=output, input=name)
    nodes = re.findall(r'^\t"?([\w.-]+)"? \[', draw(lowered(text)), re.MULTILINE)
    nodes = [key for key in nodes if key not in ("node", "edge", "graph")]
    assert len(nodes) == len(set(nodes))
    items = [key for key in nodes if re.search(r"_pre(_\d)?$", key) and "put." not in key]
    assert len(items) == 14 + 2 * 4  # a block, a nested cycle with one block, and a block again
