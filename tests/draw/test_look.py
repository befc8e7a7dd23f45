"""Pictures as they are asked for: width and type, layout, themes, titles, highlights, bars."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw import THEMES, Look, draw, render
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.theme import LIGHT
from tests.draw.geometry import picture
from tests.draw.test_draw import BOTH, POOLS, bundled, edges, lowered, positions, words

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz's dot")

COLUMN, TEXT = 3.25, 6.75
LARGE = ["mgiad", "mgiad:w3", "mgic", "mgnet", "resnet18", "resnet50", "unet_mg", "poisson"]


def svg(dot: str, tmp_path: Path) -> tuple[float, list[float], list[float]]:
    """The width of a picture in inches; the sizes of its type and of its indices as they come out,
    in points.
    """
    render(dot, tmp_path / "net.svg", "svg")
    text = (tmp_path / "net.svg").read_text(encoding="utf-8")
    width = re.search(r'<svg width="([\d.]+)pt"', text)
    inside = re.search(r'viewBox="[\d.]+ [\d.]+ ([\d.]+) ', text)
    scale = re.search(r"scale\(([\d.]+)", text)
    assert width
    assert inside
    assert scale
    drawn = float(scale[1]) * float(width[1]) / float(inside[1])
    sizes = re.findall(r'(dy="0.3em" )?font-size="([\d.]+)"', text)
    assert "baseline-shift" not in text
    return (
        float(width[1]) / 72,
        [drawn * float(size) for below, size in sizes if not below],
        [drawn * float(size) for below, size in sizes if below],
    )


@needs_dot
@pytest.mark.parametrize("width", [COLUMN, TEXT])
@pytest.mark.parametrize("name", LARGE)
def test_a_picture_is_as_wide_as_asked_and_its_type_is_legible(
    name: str, width: float, tmp_path: Path
) -> None:
    wide, sizes, indices = svg(draw(bundled(name), Look(width=width)), tmp_path)
    assert wide == pytest.approx(width, abs=0.03)
    assert min(sizes) >= 6.95
    assert 5.8 <= min(indices) < min(sizes)


@needs_dot
@pytest.mark.parametrize("width", [COLUMN, TEXT])
@pytest.mark.parametrize("name", [*LARGE, "poisson:f", "digits"])
def test_nothing_collides_at_the_width_of_a_page(name: str, width: float) -> None:
    try:
        found = picture(draw(bundled(name), Look(width=width)))
    except SpecError:
        assert name in ("poisson:f", "digits")
        return
    assert found.crossings() == []
    assert found.collisions() == []


@needs_dot
@pytest.mark.parametrize("name", ["mgiad", "mgic", "mgnet", "unet_mg", "poisson", "poisson:w"])
def test_nor_in_landscape(name: str) -> None:
    found = picture(draw(bundled(name), Look(layout="landscape", legend=False)))
    assert found.crossings() == []
    assert found.collisions() == []


@needs_dot
@pytest.mark.parametrize("layout", ["portrait", "landscape"])
def test_nor_with_two_outputs_and_nested_cycles(layout) -> None:
    found = picture(draw(lowered(BOTH), Look(layout=layout, legend=False, bars=True)))
    assert found.crossings() == []
    assert found.collisions() == []


def test_what_does_not_fit_says_how_wide_it_is() -> None:
    with pytest.raises(SpecError, match=r"does not fit into 1 in with type of 7 pt: it takes \d"):
        draw(bundled("mgiad"), Look(width=1.0, depth="steps"))
    with pytest.raises(SpecError) as caught:
        draw(bundled("mgiad"), Look(width=1.0, depth="steps", fold=False))
    assert "--depth levels; --fold" in (caught.value.hint or "")
    with pytest.raises(SpecError, match="has no legend"):
        draw(bundled("mgnet"), Look(width=6.75, legend=True))


def test_the_depth_that_is_asked_for_is_kept() -> None:
    assert "2 × relax" in draw(bundled("mgiad"), Look(width=TEXT, depth="steps"))
    assert "2 × relax" not in draw(bundled("mgiad"), Look(width=TEXT, depth="levels"))
    assert "l = 3–4" not in draw(bundled("mgiad"), Look(width=TEXT, fold=False))


def test_in_landscape_levels_stand_side_by_side() -> None:
    at = positions(draw(bundled("mgnet"), Look(layout="landscape")))
    bands = [at[f"level_l{level}_band"] for level in (1, 2, 3, 4)]
    assert [x for x, _ in bands] == sorted(x for x, _ in bands)
    assert len({y for _, y in bands}) == 1
    steps = [at[f"l{level}_pre"] for level in (1, 2, 3, 4)]
    assert [y for _, y in steps] == sorted((y for _, y in steps), reverse=True)
    assert at["title"][1] > max(y for name, (_, y) in at.items() if name != "title")


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("depth", ["levels", "steps", "ops"])
def test_a_theme_is_in_every_part(name: str, depth) -> None:
    """No colour of the light theme that the other has not is left."""
    theme = THEMES[name]
    used = {str(getattr(theme, f.name)) for f in fields(theme)} | set(theme.bands)
    strange = {str(getattr(LIGHT, f.name)) for f in fields(LIGHT)} - used - {"#FFFFFF"}  # letters
    dot = draw(bundled("mgiad"), Look(theme=theme, depth=depth))
    assert f'bgcolor="{theme.paper}"' in dot
    assert [colour for colour in strange if f'"{colour}"' in dot] == []


@pytest.mark.parametrize("name", THEMES)
def test_letters_can_be_read_on_every_chip(name: str) -> None:
    graph = bundled("mgiad:w3")
    palette = Palette(graph, THEMES[name])
    for group in graph.groups:
        assert _contrast(palette.text(group), palette.fill(group)) > 3


@pytest.mark.parametrize("name", THEMES)
def test_and_so_can_texts(name: str) -> None:
    theme = THEMES[name]
    palette = Palette(bundled("mgiad"), theme)
    for ground in (theme.paper, theme.box, *theme.bands):
        for ink in (theme.ink, theme.muted, *map(palette.ink, palette.families)):
            assert _contrast(ink, ground) > 2.4, (ink, ground)


def _contrast(one: str, other: str) -> float:
    """As in WCAG, with a plain power for sRGB."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = ((int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_another_title_or_none() -> None:
    assert "<B>Ours &amp; theirs</B>" in draw(bundled("mgnet"), Look(title="Ours & theirs"))
    none = draw(bundled("mgnet"), Look(title="", legend=False))
    assert "<B>mgnet</B>" not in none
    assert "2,750,666 weights" in none


def test_no_weights_are_no_words() -> None:
    assert "0 weights" not in draw(bundled("poisson"))


def test_highlighted_groups_keep_their_colour() -> None:
    graph = bundled("mgiad")
    plain = Palette(graph)
    for text, lit in {
        "A[2]": ["A.2_0", "A.2_1"], "A[2, 1]": ["A.2_1"], "A.2_1": ["A.2_1"], "theta": ["theta"],
    }.items():  # fmt: skip
        palette = Palette(graph, LIGHT, Look(highlight=(text,)).lit(graph))
        assert [name for name in graph.groups if palette.fill(name) != LIGHT.dead] == lit
        assert all(palette.fill(name) == plain.fill(name) for name in lit)


@pytest.mark.parametrize("text", ["Q", "A[9]", "A[", "A[2]x", ""])
def test_a_highlight_that_names_nothing(text: str) -> None:
    with pytest.raises(SpecError, match="no sharing group") as caught:
        draw(bundled("mgnet"), Look(highlight=(text,)))
    assert "there are " in (caught.value.hint or "")


def test_bars_are_as_long_as_the_weights_are_many() -> None:
    operators = "theta : image -> f[1] conv 3x3"
    text = POOLS.replace(operators, f"{operators}   K : f[l] -> u[l] conv 1x1")
    graph = lowered(text.replace("smooth { u[l] = f[l]", "smooth { u[l] = K(f[l])"))
    dot = draw(graph, Look(bars=True, legend=False))
    assert {int(n) for n in re.findall(r'WIDTH="(\d+)" HEIGHT="3"', dot)} == {40, round(40 / 9)}
    assert 'HEIGHT="3"' not in draw(graph, Look(legend=False))


@needs_dot
@pytest.mark.parametrize("look", [Look(), Look(bars=True), Look(width=TEXT), Look(fold=True)])
@pytest.mark.parametrize("name", ["mgnet", "mgiad", "resnet50", "unet", "poisson"])
def test_chips_have_the_room_that_they_take(name: str, look: Look) -> None:
    """Graphviz warns of tables that are too small for what stands in them."""
    dot = draw(bundled(name), look).encode()
    done = subprocess.run(["dot", "-Tjson0"], input=dot, capture_output=True, check=True)
    assert done.stderr == b""


def test_titles_count_cycles_that_run_one_after_the_other() -> None:
    text = BOTH.replace(
        "output first",
        BOTH[BOTH.index("cycle over l") : BOTH.index("output f")] + "output first",
        1,
    )
    assert "2 V cycles over l, W cycle over k" in words(draw(lowered(text)))
    assert edges(draw(lowered(text)))


def test_titles_count_the_cycles_of_a_loop() -> None:
    at, end = BOTH.index("cycle over l"), BOTH.index("output f")
    text = f"{BOTH[:at]}repeat t in 1..3 {{ {BOTH[at:end]} }} {BOTH[end:]}"
    assert "3 V cycles over l, W cycle over k" in words(draw(lowered(text)))


def test_every_operation_has_no_width() -> None:
    for look in (Look(depth="ops", width=6.75), Look(depth="ops", fold=True)):
        with pytest.raises(SpecError, match="every operation has no width, no folds and no bars"):
            draw(bundled("mgnet"), look)
    assert "rankdir=LR" in draw(bundled("mgnet"), Look(depth="ops", layout="landscape"))
