"""Levels and steps that look alike, drawn once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mgiad_dsl.draw import Look, draw, notation
from mgiad_dsl.draw.alike import Merge, extents
from mgiad_dsl.draw.fold import fold
from mgiad_dsl.draw.levels import levels_only
from mgiad_dsl.draw.story import Block, Chip, Item, Line, Nested, Transfer
from mgiad_dsl.draw.tell import tell
from tests.draw.geometry import picture
from tests.draw.test_draw import DEEP, bundled, lowered
from tests.draw.test_look import needs_dot

TWO = "A(K(u[l]))"
ODD = f"l == 1 ? {TWO} : l == 3 ? {TWO} : l == 5 ? {TWO} : A(u[l])"


def told(items: tuple[Item, ...]) -> list[str]:
    """Items in words: ``l = 2–4: 2 × smooth A_l``"""
    found = []
    for item in items:
        where = item.level.text
        if isinstance(item, Nested):
            found += [f"{where}: [{inner}]" for inner in told(item.items)]
            continue
        title = item.heading if isinstance(item, Block) else ""
        to = f" -> {item.target.text}" if isinstance(item, Transfer) else ""
        lines = item.lines if isinstance(item, (Block, Transfer)) else ()
        chips = [notation.plain(chip.math) for line in lines for chip in line.chips]
        found.append(" ".join([f"{where}{to}:", *([title] if title else []), *chips]))
    return found


def test_levels_of_a_backslash_after_the_first() -> None:
    assert told(fold(tell(bundled("mgnet"))).items) == [
        "l = 1: 2 × smooth A_1 B_1,1",
        "l = 1 -> l = 2–4: Π_l A_l−1 R_l A_l",
        "l = 2–4: 2 × smooth A_l B_l,1",
    ]


def test_levels_of_a_v_above_the_coarsest() -> None:
    assert told(fold(tell(bundled("poisson"))).items) == [
        "l = 1–4: 2 × jacobi A_l",
        "l = 1–4 -> l = 5: A_l R_l+1",
        "l = 5: solve: 20 × jacobi A_5",
        "l = 5 -> l = 1–4: P_l+1",
        "l = 1–4: jacobi A_l",
    ]


def test_levels_around_nested_cycles_and_in_them() -> None:
    found = told(fold(tell(bundled("mgiad"))).items)
    assert "l = 3–4: [k = 2: solve: 3 × relax A_l,2 B_l,2]" in found
    assert "l = 2: [k = 1: solve: 3 × relax A_2,1 B_2,1]" in found
    inner = [line for line in told(fold(tell(bundled("mgic"))).items) if line.startswith("l = 4:")]
    assert "l = 4: [k = 1–3: residual A_4,1,k B_4,1,k]" in inner
    assert "l = 4: [k = 4 -> k = 1–3: Rc_4,1,k+1 Pc_4,1,k+1]" in inner


def test_steps_that_differ_in_their_number_alone() -> None:
    items = fold(tell(bundled("resnet18"))).items
    assert told(items)[0] == "l = 1: 2 × smooth A_1,i B_1,i"
    items = fold(tell(bundled("resnet50"))).items
    assert "l = 3: 5 × smooth (2–6) A_3,i B_3,i C_3,i" in told(items)


@pytest.mark.parametrize("name", ["poisson:w", "poisson:f"])
def test_a_level_that_is_come_back_to_from_both_sides_is_not_folded(name: str) -> None:
    story = tell(bundled(name))
    assert fold(story) == story


@pytest.mark.parametrize(
    ("change", "levels"),
    [
        ("A(u[l])", {"l = 1–5"}),
        ("l == 1 ? u[l] + A(u[l]) + K(u[l]) : A(u[l])", {"l = 1", "l = 2–5"}),
        ("l == 3 ? A(K(u[l])) : A(u[l])", {"l = 1–2", "l = 3", "l = 4–5"}),
        (ODD, {f"l = {n}" for n in range(1, 6)}),
    ],
)
def test_only_what_looks_alike_is_folded(change: str, levels: set[str]) -> None:
    text = DEEP.replace("L = 2", "L = 6").replace("    A :", "    A, K :")
    items = fold(tell(lowered(text.replace("= A(u[l])", f"= {change}")))).items
    assert {item.level.text for item in items if not isinstance(item, Transfer)} - {
        "l = 6"
    } == levels


def test_all_values_stay_in_the_story() -> None:
    story = tell(bundled("mgiad"))
    found = fold(story)

    def values(items: tuple[Item, ...]) -> set[str]:
        return {value for item in items for value in item.values}

    assert values(found.items) == values(story.items)


def test_an_index_that_moves_with_the_level_is_written_with_it() -> None:
    chips = [Chip("A", (str(n), str(n + 1), "7", str(n * n)), f"A.{n}", "conv") for n in (2, 3, 4)]
    merged = Merge("l", (2, 3, 4)).line([Line("", (chip,), "") for chip in chips]).chips[0]
    assert merged.indices == ("l", "l+1", "7", "…")
    assert merged.groups == ("A.2", "A.3", "A.4")
    assert extents([(16, 8, 8), (32, 4, 8)]) == ("16…32", "8…4", 8)


def test_a_cycle_inside_a_level_is_a_block() -> None:
    items = levels_only(tell(bundled("mgiad"))).items
    assert told(items)[-1] == "l = 4: V cycle over k = 0–2 A_4,k B_4,k Pic_4,k Rc_4,k Pc_4,k"
    last = items[-1]
    assert isinstance(last, Block)
    assert last.lines[0].note == "groups of 64, fully coupled"


def test_a_highlighted_group_is_seen_where_it_is_folded() -> None:
    network = bundled("mgnet")
    dot = draw(network, Look(fold=True, highlight=("A[3]",), legend=False))
    assert dot.count('BGCOLOR="#E4E4E4"') > 0
    row = dot[dot.index("\tl2_pre [") :].split("\n")[0]
    assert 'BGCOLOR="#E4E4E4"' in row  # B
    assert row.count("BGCOLOR") == 2
    assert len({part[:7] for part in row.split('BGCOLOR="')[1:]}) == 2


def test_the_uses_of_a_highlighted_group_are_tied() -> None:
    network = bundled("unet_mg")
    dot = draw(network, Look(highlight=("A[2]",), legend=False))
    tied = [line.split(" [")[0].strip() for line in dot.split("\n") if "penwidth=2.4" in line]
    assert tied == ["l1_coarsen -> l2_pre", "l2_pre -> l2_coarsen", "l2_pre -> l2_post"]
    assert "penwidth=2.4" not in draw(network, Look(legend=False))


@needs_dot
@pytest.mark.parametrize(
    "name", ["mgnet", "mgiad", "mgic", "poisson", "unet_mg", "resnet18", "unet"]
)
@pytest.mark.parametrize("depth", ["levels", "steps"])
def test_nothing_collides_where_levels_are_folded(name: str, depth) -> None:
    for layout in ("portrait", "landscape"):
        look = Look(depth=depth, fold=True, legend=False, layout=layout)
        found = picture(draw(bundled(name), look))
        assert found.crossings() == []
        assert found.collisions() == []


def test_folding_changes_nothing_else() -> None:
    story = tell(bundled("unet_mg"))
    assert replace(fold(story), items=()) == replace(story, items=())


def test_levels_of_nested_cycles_that_are_drawn_as_one() -> None:
    folded = told(fold(levels_only(tell(bundled("mgic")))).items)
    assert folded[-1].startswith("l = 2–4: 2 V cycles over k = 0–2…4 ")
    assert folded[0].startswith("l = 1: 2 V cycles over k = 0–1 ")
