"""The tree of a network: cycles, visits, parts, passes and equations, with what each is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from mgiad_dsl import compile_file
from mgiad_dsl.graph.describe import describe
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import (
    Body,
    Cycle,
    Equation,
    Output,
    Part,
    Pass,
    Start,
    Visit,
    cycles,
    equations,
    visit_name,
)
from tests.small import CORRECT, NESTED, graph, net

SOLVE = "solve i in 2..3 { u[l] = u[l] + B[l,i](f[l]) }"
POST = "smooth { u[l] = u[l] + B[l,7](f[l] - A[l](u[l])) }"


def the_cycle(network: Network) -> Cycle:
    [cycle] = [stage for stage in network.tree if isinstance(stage, Cycle)]
    return cycle


def roles(cycle: Cycle) -> list[tuple[int, int, str]]:
    """Level, number of the visit and role of every part that runs."""
    return [(v.level, v.number, part.role) for v in cycle.visits for part in v.parts]


def passes(cycle: Cycle) -> Iterator[tuple[Visit, Part, Pass]]:
    for visit in cycle.visits:
        for part in visit.parts:
            for each in part.passes:
                yield visit, part, each


def test_stages_stand_as_they_are_written() -> None:
    network = graph(net())
    assert [type(stage) for stage in network.tree] == [Start, Cycle, Output]
    start, _, output = network.tree
    assert isinstance(start, Start)
    assert isinstance(output, Output)
    assert [e.label for e in equations(start)] == ["f[1]", "u[1]"]
    assert (output.equation.target, output.equation.indices) == ("o", None)


def test_visits_know_their_level_and_number() -> None:
    cycle = the_cycle(graph(net(kind="W", last="3", parts=f"{SOLVE} {CORRECT} {POST}")))
    assert (cycle.index, cycle.kind, cycle.levels) == ("l", "W", (1, 3))
    assert roles(cycle) == [
        (1, 1, "pre"), (1, 1, "coarsen"),
        (2, 1, "pre"), (2, 1, "coarsen"),
        (3, 1, "solve"),
        (2, 1, "correct"), (2, 1, "post"),
        (2, 2, "pre"), (2, 2, "coarsen"),
        (3, 2, "solve"),
        (2, 2, "correct"), (2, 2, "post"),
        (1, 1, "correct"), (1, 1, "post"),
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "at_the_end"), [("V", ["pre", "post"]), ("backslash", ["pre"])])
def test_the_coarsest_level_smooths_where_nothing_solves(kind: str, at_the_end: list[str]) -> None:
    cycle = the_cycle(graph(net(kind=kind, parts=f"{CORRECT} {POST}")))
    assert [role for level, _, role in roles(cycle) if level == 2] == at_the_end


def test_parts_know_their_step_and_what_counts_their_passes() -> None:
    text = net(
        smooth="u[l] = u[l]",
        repeat="i in 1..steps",
        parts=f"{SOLVE} {CORRECT} smooth 2 relax",
    ).replace("start {", "step relax { u[l] = u[l] + B[l,1](f[l]) }\nstart {")
    cycle = the_cycle(graph(text))
    found = {part.role: (part.step, part.index) for v in cycle.visits for part in v.parts}
    assert found == {
        "pre": (None, "i"),
        "coarsen": (None, None),
        "solve": (None, "i"),
        "correct": (None, None),
        "post": ("relax", None),
    }
    numbers = {part.role: [each.number for each in part.passes] for _, part, _ in passes(cycle)}
    assert numbers == {
        "pre": [1, 2], "coarsen": [None], "solve": [2, 3], "correct": [None], "post": [1, 2],
    }  # fmt: skip


def test_paths_of_passes_are_where_new_norms_lie() -> None:
    text = net(
        operators="norm[*] : batchnorm",
        smooth="u[l] = u[l] + norm(B[l,1](norm(f[l])))",
        kind="W",
        last="3",
        parts=f"{SOLVE} {CORRECT}",
    )
    network = graph(text)
    paths = [each.path for _, part, each in passes(the_cycle(network)) if part.role == "pre"]
    assert paths == [
        ("l1_pre", 0), ("l1_pre", 1), ("l2_pre", 0), ("l2_pre", 1), ("l2v2_pre", 0), ("l2v2_pre", 1)
    ]  # fmt: skip
    norms = [group.path for group in network.groups.values() if group.family == "norm"]
    assert norms == [(*path, number) for path in paths for number in (0, 1)]


def test_the_number_in_a_path_counts_from_zero() -> None:
    cycle = the_cycle(graph(net(parts=f"{SOLVE} {CORRECT}")))
    solves = [(each.number, each.path) for _, part, each in passes(cycle) if part.role == "solve"]
    assert solves == [(2, ("l2_solve", 0)), (3, ("l2_solve", 1))]


def test_a_cycle_lies_in_the_pass_that_runs_it() -> None:
    network = graph(NESTED)
    outer, *inner = cycles(network.tree)
    assert (outer.index, outer.kind) == ("l", "backslash")
    assert [(cycle.index, cycle.kind, cycle.levels) for cycle in inner] == [
        ("k", "V", (0, 1)),
        ("k", "V", (0, 2)),
    ]
    bodies = [each.body for _, part, each in passes(outer) if part.step == "inner"]
    assert [shape(body) for body in bodies] == [[Equation, Cycle], [Equation, Cycle]]
    paths = [each.path for _, part, each in passes(inner[1]) if part.role == "pre"]
    assert paths[:3] == [("l2_pre", "k0_pre", 0), ("l2_pre", "k0_pre", 1), ("l2_pre", "k1_pre", 0)]
    assert "norm.l2_pre.own.0" in network.groups  # of the equation beside the cycle


def shape(body: Body) -> list[type]:
    return [type(item) for item in body]


def test_every_equation_is_met_once_in_the_order_it_runs() -> None:
    network = graph(NESTED)
    met = [e for stage in network.tree for e in equations(stage)]
    assert met == list(network.equations())
    assert len({id(equation) for equation in met}) == len(met)
    order = {name: number for number, name in enumerate(network.operations)}
    slots = [order[slot] for equation in met for slot in equation.slots if slot]
    assert slots == sorted(slots)
    assert set(network.operations) - {slot for e in met for slot in e.slots} == {
        *network.inputs.values()
    }


def test_an_equation_says_what_it_sets_and_with_what() -> None:
    network = graph(net())
    first = next(e for _, part, each in passes(the_cycle(network)) for e in equations(each))
    assert (first.target, first.indices, first.label) == ("u", (1,), "u[1]")
    assert first.text == "u[l] = u[l] + B[l,1](f[l] - A[l](u[l]))"
    assert [network.operations[str(slot)].group for slot in first.slots] == [
        "A.1",
        None,
        "B.1_1",
        None,
    ]
    assert first.value == first.slots[-1]


@pytest.mark.parametrize(("deep", "text"), [("true", "relu(f[l])"), ("false", "f[l]")])
def test_the_branch_that_was_taken_stands_in_the_text(deep: str, text: str) -> None:
    spec = net(
        parameters=f", deep = {deep}", smooth="u[l] = u[l] + B[l,1](deep ? relu(f[l]) : f[l])"
    )
    first = next(e for _, _, each in passes(the_cycle(graph(spec))) for e in equations(each))
    assert first.text == f"u[l] = u[l] + B[l,1]({text})"


def test_a_branch_may_differ_from_level_to_level() -> None:
    spec = net(smooth="u[l] = u[l] + (l == 1 ? B[l,1](f[l]) : B[l,2](f[l]))", repeat="1")
    found = [
        (v.level, e.text)
        for v, p, each in passes(the_cycle(graph(spec)))
        if p.role == "pre"
        for e in equations(each)
    ]
    assert found == [(1, "u[l] = u[l] + B[l,1](f[l])"), (2, "u[l] = u[l] + B[l,2](f[l])")]


def test_a_let_has_no_indices() -> None:
    network = graph(net(smooth="let r = f[l] - A[l](u[l])  u[l] = u[l] + B[l,1](r)", repeat="1"))
    first, second = [e for _, _, each in passes(the_cycle(network)) for e in equations(each)][:2]
    assert (first.label, first.indices, second.label) == ("r", None, "u[1]")
    assert first.value in network.operations[str(second.slots[0])].inputs


def test_no_pass_is_an_empty_part() -> None:
    cycle = the_cycle(graph(net(repeat="0")))
    assert [len(part.passes) for v in cycle.visits for part in v.parts if part.role == "pre"] == [
        0,
        0,
    ]


def test_names_of_visits() -> None:
    names = [visit_name("l", 2), visit_name("l", 2, 2), visit_name("l", -1), visit_name("m", 2)]
    assert names == ["l2", "l2v2", "lm1", "m2"]
    assert [visit_name("l1", 2), visit_name("lm", 1, 2)] == ["l1_2", "lm_1v2"]


def test_no_two_visits_have_one_name() -> None:
    """Of all short indices made of what a name is made of; a place of an output has none either."""
    short = ["".join(letters) for n in (1, 2, 3) for letters in product("lmv_1", repeat=n)]
    indices = [index for index in short if not index[0].isdigit()]
    indices += [f"{before}output_{index}" for before in ("", "_", "x") for index in short]
    visits = list(product(indices, [*range(-12, 13), 111], (1, 2, 11)))
    names = {visit_name(*visit) for visit in visits}
    assert len(names) == len(visits)
    assert not any(name.startswith("output_") for name in names)


def outline_of(network: Network) -> str:
    """The tree as a page: one line for each of its items."""
    return "\n".join(_lines(network, network.tree, "")) + "\n"


def _lines(network: Network, items: tuple[object, ...], margin: str) -> Iterator[str]:
    inside = margin + "  "
    for item in items:
        match item:
            case Start():
                yield f"{margin}start {item.path}"
                yield from _lines(network, item.body, inside)
            case Cycle():
                yield f"{margin}{item.kind} cycle over {item.index} = {item.levels}"
                yield from _lines(network, item.visits, inside)
            case Visit():
                yield f"{margin}visit {item.number} of {item.index} = {item.level}"
                yield from _lines(network, item.parts, inside)
            case Part():
                yield f"{margin}{item.role} {item.step or '-'} {item.index or '-'}"
                yield from _lines(network, item.passes, inside)
            case Pass():
                yield f"{margin}pass {item.number} {item.path}"
                yield from _lines(network, item.body, inside)
            case Output(equation):
                yield f"{margin}output {equation.text}: {equation.value}"
            case Equation():
                nodes = [network.operations[str(slot)] for slot in item.slots]
                work = ", ".join(node.group or describe(node.op) for node in nodes)
                yield f"{margin}{item.label}: {item.text}: {work}"


def test_golden_tree(golden) -> None:  # type: ignore[no-untyped-def]
    golden("mgiad.tree.txt", outline_of(compile_file("mgiad").written))
