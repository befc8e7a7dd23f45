"""Diagrams: what they show, and that graphviz takes them."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from html import unescape
from pathlib import Path

import pytest

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.resources import bundled_specs
from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.check import check
from mgiad_dsl.draw import Look, draw, notation, render
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.labels import chip
from mgiad_dsl.draw.look import Depth
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.describe import kind
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.weights import trainable
from mgiad_dsl.lower import lower
from mgiad_dsl.parse import parse

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz's dot")
DEPTHS: tuple[Depth, ...] = ("levels", "steps", "ops")
VARIANT = re.compile(r"^variant (\w+)", re.MULTILINE)

BOTH = """mgspec 1
network both(L = 2, K = 1)
input image : 3 x 8 x 8
levels l in 1..L : resolution
levels k in 0..K : channel
spaces u[l,k], f[l,k] : 8 / 2^k channels
operators {
    theta : image -> f[1,0] conv 3x3
    A[l,k] : u[l,k] -> f[l,k] conv 3x3
    R[l] : f[l-1,0] -> f[l,0] conv 3x3 stride 2 depthwise
    P[l] : u[l,0] -> u[l-1,0] conv 3x3 stride 2 transposed
    Rc[l,k] : f[l,k-1] -> f[l,k] conv 1x1
    Pc[l,k] : u[l,k] -> u[l,k-1] conv 1x1
    B[l,k] : f[l,k] -> u[l,k] conv 1x1
    V, W : u[1,0] -> 3 linear
}
start { f[1,0] = theta(image) u[1,0] = 0 }
step relax { u[l,k] = u[l,k] + B[l,k](f[l,k] - A[l,k](u[l,k])) }
cycle over l : V {
    smooth { cycle over k : W {
        smooth 1 relax
        coarsen { f[l,k+1] = Rc[l,k+1](f[l,k]) u[l,k+1] = 0 }
        correct { u[l,k] = u[l,k] + Pc[l,k+1](u[l,k+1]) }
        smooth 1 relax
    } }
    coarsen { f[l+1,0] = R[l+1](f[l,0]) u[l+1,0] = 0 }
    solve { cycle over k : V {
        coarsen { f[l,k+1] = Rc[l,k+1](f[l,k]) u[l,k+1] = 0 }
        solve 2 relax
        correct { u[l,k] = u[l,k] + Pc[l,k+1](u[l,k+1]) }
    } }
    correct { u[l,0] = u[l,0] + P[l+1](u[l+1,0]) }
}
output first = V(avgpool(u[1,0]))
output second = W(avgpool(u[1,0]))
"""

FLAT = """mgspec 1
network flat()
input image : 1 x 4 x 4
levels l in 1..1 : resolution
spaces u[l] : 1 channels
operators { A : u[l] -> u[l] conv 3x3 }
start { u[1] = image }
cycle over l : backslash { smooth 3 times coarsen { u[l+1] = u[l] } }
step times { u[l] = A(u[l]) }
output answer = u[1]
"""


DEEP = """mgspec 1
network deep(L = 2)
input image : 1 x 4 x 4
levels l in 1..L : resolution
spaces u[l] : 1 channels
operators {
    A : u[l] -> u[l] conv 3x3
    R : u[l] -> u[l+1] conv 3x3
    P : u[l] -> u[l-1] conv 3x3
}
start { u[1] = image }
cycle over l : V {
    smooth { u[l] = A(u[l]) }
    coarsen { u[l+1] = R(u[l]) }
    correct { u[l] = P(u[l+1]) }
}
output answer = u[1]
"""

POOLS = """mgspec 1
network pools()
input image : 1 x 8 x 8
levels l in 1..2 : resolution
spaces u[l] = f[l] : 1 channels
operators {
    theta : image -> f[1] conv 3x3
    Ra : f[l] -> f[l+1] avgpool 2x2
    Up : u[l] -> u[l-1] upsample bilinear
}
start { f[1] = maxpool(theta(image), 3x3 stride 1) }
cycle over l : V {
    smooth { u[l] = f[l] }
    coarsen { f[l+1] = Ra(f[l]) u[l+1] = 0 }
    correct { u[l] = u[l] + Up(u[l+1]) }
}
output answer = u[1]
"""

BARE = """mgspec 1
network bare()
input image : 1 x 4 x 4
operators { W : image -> 3 linear }
output answer = W(avgpool(image))
"""


def lowered(text: str, variant: str | None = None) -> Network:
    report = Report()
    graph = lower(check(parse(Source("test", text)), variant, {}, report), report)
    report.raise_errors()
    return graph


def bundled(name: str) -> Network:
    stem, _, variant = name.partition(":")
    path = next(path for path in bundled_specs() if path.stem == stem)
    return lowered(path.read_text(encoding="utf-8"), variant or None)


def all_names() -> list[str]:
    names = []
    for path in bundled_specs():
        variants = VARIANT.findall(path.read_text(encoding="utf-8"))
        names += [path.stem, *(f"{path.stem}:{variant}" for variant in variants)]
    return names


def words(text: str) -> str:
    """The words of a label without its tags, what stands below after a ``_``: ``A_2,0``."""
    text = re.sub(r"(?:</?(?:FONT[^<>]*|I|B)>)*<SUB>(?:<[^<>]*>)*", "_", text)
    return unescape(re.sub(r"<[^<>]*>", " ", text)).replace("\xa0", " ")


def written(graph: Network, name: str) -> str:
    """A sharing group as pictures write it."""
    return notation.plain(notation.of_group(graph.groups[name]))


def legend(dot: str) -> str:
    """The last table of the label under the picture."""
    return dot[dot.rindex("<TABLE") :]


def rows_of(table: str) -> list[list[str]]:
    """The texts of the cells that have one, row by row."""
    rows = re.findall(r"<TR>(.*?)</TR>", table)
    cells = ([words(cell).strip() for cell in row.split("</TD>")] for row in rows)
    return [[text for text in row if text] for row in cells]


def positions(dot: str) -> dict[str, tuple[float, float]]:
    found = re.findall(r'^\t"?([\w.]+)"? \[.*?\bpos="(-?[\d.]+),(-?[\d.]+)!"', dot, re.MULTILINE)
    return {name: (float(x), float(y)) for name, x, y in found}


def edges(dot: str) -> list[tuple[str, str]]:
    return re.findall(r'^\t"?([\w.]+)"? -> "?([\w.]+)"?', dot, re.MULTILINE)


@pytest.mark.parametrize("name", all_names())
def test_every_bundled_network_draws(name: str) -> None:
    graph = bundled(name)
    total = sum(trainable(group.op) for group in graph.groups.values())
    for depth in DEPTHS:
        dot = draw(graph, Look(depth=depth))
        assert graph.name in dot
        assert total == 0 or f"{total:,} weights" in dot
        assert dot == draw(graph, Look(depth=depth))


@needs_dot
@pytest.mark.parametrize("name", [path.stem for path in bundled_specs()])
def test_graphviz_takes_every_bundled_spec(name: str, tmp_path: Path) -> None:
    render(draw(bundled(name)), tmp_path / "net.svg", "svg")
    assert "</svg>" in (tmp_path / "net.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["mgnet", "mgiad", "poisson"])
def test_golden(name: str, golden) -> None:
    golden(f"{name}.dot", draw(bundled(name)))


@pytest.mark.parametrize("name", ["mgnet", "mgnet:A", "mgiad:w3", "resnet18", "unet_mg"])
def test_legend_shows_every_group_with_its_weights(name: str) -> None:
    graph = bundled(name)
    shown = words(legend(draw(graph)))
    for group in graph.groups.values():
        if group.role != "norm":
            count = trainable(group.op)
            name = re.escape(written(graph, group.name))
            assert re.search(rf"(?<!\S){name}\s+{count:,}\s", shown), group.name


WEIGHTLESS = ("poisson", "poisson:w", "poisson:f")
IN_OTHER_SIZES = tuple(f"poisson{n}d{kind}" for n in (1, 3) for kind in ("", ":w", ":f"))


@pytest.mark.parametrize(
    "name", [name for name in all_names() if name not in (*WEIGHTLESS, *IN_OTHER_SIZES)]
)
def test_legend_adds_up(name: str) -> None:
    """Independent arithmetic on the printed table: chips, sums of families, sums of levels."""
    graph = bundled(name)
    table = legend(draw(graph))
    *rows, last = re.findall(r"<TR>(.*?)</TR>", table)
    total = sum(trainable(group.op) for group in graph.groups.values())
    numbers = [int(n.replace(",", "")) for n in re.findall(r">(?:<B>)?([\d,]+)<", last)]
    assert numbers[-1] == total == sum(numbers[:-1])
    chips = re.findall(r'BGCOLOR=.*?</TD><TD ALIGN="RIGHT"><FONT[^>]*>([\d,]+)<', "".join(rows))
    assert sum(int(n.replace(",", "")) for n in chips) == total


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_a_legend_without_weights_has_a_line_for_each_operator(name: str) -> None:
    rows = [" ".join(row[0].split()) for row in rows_of(legend(draw(bundled(name))))]
    kernel = {"poisson1d": "3", "poisson": "3x3", "poisson3d": "3x3x3"}[name.partition(":")[0]]
    strided = f"fixed stencil {kernel}, stride 2"
    assert rows == [f"A fixed stencil {kernel}", f"P {strided}", f"R {strided}"]


def test_families_without_weights_are_lines_between_the_others() -> None:
    rows = {row[0]: row[1:] for row in rows_of(legend(draw(bundled("poisson_learned"))))}
    assert rows["A"] == ["fixed stencil 3x3"]
    assert rows["S"] == ["learnable stencil 3x3", "S", "9", "×32", "9"]
    rows = {row[0]: row[1:] for row in rows_of(legend(draw(lowered(POOLS))))}
    assert rows["Ra"] == ["avgpool 2x2"]
    assert rows["Up"] == ["upsample bilinear"]
    assert list(rows)[1:] == ["θ", "Ra", "Up", "total"]


def test_a_family_has_a_row_for_each_kind_that_it_is() -> None:
    rows = rows_of(legend(draw(bundled("mgiad"))))
    first = next(number for number, row in enumerate(rows) if row[0] == "A")
    grouped, inner, coupled = rows[first : first + 3]
    assert grouped[:3] == ["A", "conv 3x3, groups of 64", "A_2,0"]
    assert [name for name in inner if "_" in name] == ["A_3,1", "A_4,1"]
    assert coupled[0] == "conv 3x3, fully coupled"
    assert [name for name in coupled if "_" in name] == ["A_1,0", "A_2,1", "A_3,2", "A_4,2"]
    assert grouped[-1] == "663,552"


def test_fully_coupled_is_only_said_beside_groups() -> None:
    assert "fully coupled" not in draw(bundled("mgnet"))
    shown = words(legend(draw(bundled("mgnet_grouped"))))
    assert re.search(r"A\s+conv 3x3, groups of 4\s+A_1\s", shown)
    assert "fully coupled" not in shown


def test_norms_are_bundled_by_level() -> None:
    shown = words(legend(draw(bundled("mgiad"))))
    assert re.search(r"6 norm k=2\s+768", shown)
    assert "norm.l" not in shown


def test_dead_weights_are_grey() -> None:
    graph = bundled("mgnet")
    palette = Palette(graph)
    assert palette.fill("R0") == palette.fill("Pi0") == "#E4E4E4"
    assert "conv 3x3, depthwise, dead" in draw(graph)
    assert "1,152 of them dead" in draw(graph)


def test_colours_are_the_family_s_and_differ_within_it() -> None:
    for name in ("mgiad", "mgiad:w3"):
        graph = bundled(name)
        palette = Palette(graph)
        assert palette.families["A"] == "#0072B2"
        assert palette.families["B"] == "#D55E00"
        live = [group for group in graph.live_groups() if graph.groups[group].role == "operator"]
        assert len({palette.fill(group) for group in live}) == len(live)


def test_every_level_has_a_row_and_blocks_stand_in_it() -> None:
    at = positions(draw(bundled("unet_mg")))
    rows = [at[f"level_l{level}_band"][1] for level in (1, 2, 3, 4)]
    assert rows == sorted(rows, reverse=True)
    for level, row in enumerate(rows, 1):
        for key in [k for k in at if re.fullmatch(rf"l{level}_(pre|solve|post)", k)]:
            assert at[key][1] == row


def test_time_runs_to_the_right_and_down_in_a_nested_cycle() -> None:
    at = positions(draw(bundled("mgiad")))
    assert at["l3_pre.k0_pre"][0] < at["l3_pre.k1_pre"][0] < at["l3_pre.k2_solve"][0]
    assert at["l3_pre.k0_pre"][1] > at["l3_pre.k0_post"][1]
    assert at["l3_pre.k0_pre"][0] == at["l3_pre.k0_post"][0]
    v = positions(draw(bundled("poisson")))
    order = ["l1_pre", "l2_pre", "l5_solve", "l2_post", "l1_post"]
    assert [v[key][0] for key in order] == sorted(v[key][0] for key in order)


def test_transfers_join_neighbouring_rows() -> None:
    arrows = edges(draw(bundled("unet_mg")))
    for level in (1, 2, 3):
        below = f"l{level + 1}_" + ("solve" if level == 3 else "pre")
        assert {(f"l{level}_pre", f"l{level}_coarsen"), (f"l{level}_coarsen", below)} <= {*arrows}
        assert (f"l{level}_correct", f"l{level}_post") in arrows
        assert (f"l{level}_pre", f"l{level}_post") in arrows  # what is kept for the correction


def test_steps_are_collapsed_where_they_share_all_weights() -> None:
    assert "2 × smooth" in draw(bundled("mgnet"))
    assert "2 × smooth" not in draw(bundled("mgnet:A"))
    assert "solve: 20 × jacobi" in draw(bundled("poisson"))


def test_long_cycles_shrink_to_discs() -> None:
    dot = draw(bundled("poisson:w"))
    assert dot.count("shape=circle") == 38
    assert "20 × jacobi" not in dot


def test_beside_discs_many_groups_of_a_family_are_a_number() -> None:
    """Their names would reach into the discs."""
    picture = draw(bundled("mgno"), Look(legend=False))
    assert "8&#160;A<" in picture  # four layers, two steps each
    assert "4&#160;Pi<" in picture
    assert "1,6,1" not in picture
    solver = draw(bundled("poisson:w"), Look(legend=False))
    assert re.search(r"<I>A</I></FONT><SUB><FONT[^>]*>5<", solver)


def test_nested_cycles_on_the_way_back_and_two_outputs() -> None:
    dot = draw(lowered(BOTH))
    at = positions(dot)
    assert {"output.first", "output.second"} <= at.keys()
    assert at["output.first"][1] == at["output.second"][1] > at["level_l1_band"][1]
    ends = {name for edge in edges(dot) for name in edge}
    assert ends <= at.keys()


def test_one_level_without_transfers() -> None:
    dot = draw(lowered(FLAT))
    assert "3 × times" in dot
    assert "all levels" not in dot
    assert positions(dot)["output.answer"][1] < positions(dot)["level_l1_band"][1]


def test_without_a_cycle() -> None:
    assert ("input.image", "output.answer") in edges(draw(lowered(BARE)))


def test_groups_of_no_level_have_a_column_of_their_own() -> None:
    assert "all levels" in legend(draw(bundled("poisson_learned")))


def test_without_a_legend() -> None:
    dot = draw(bundled("mgnet"), Look(legend=False))
    assert "batchnorm" not in dot
    assert "2 × smooth" in dot


def test_detail_shows_every_operation_and_edge() -> None:
    graph = bundled("mgnet")
    dot = draw(graph, Look(depth="ops"))
    drawn = set(edges(dot))
    for node in graph.operations.values():
        assert {(source, node.name) for source in node.inputs} <= drawn


def test_a_level_around_another_that_computes_nothing_is_one_cluster() -> None:
    def headings(text: str) -> list[str]:
        return re.findall(r'label="(l = .*?)"', draw(lowered(text), Look(depth="ops")))

    assert headings(DEEP) == ["l = 1", "l = 2", "l = 1"]
    assert headings(DEEP.replace("= A(u[l])", "= l == 1 ? A(u[l]) : u[l]")) == ["l = 1"]


@pytest.mark.parametrize("cycle", ["backslash", "V"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_thousands_of_levels(cycle: str, depth: Depth) -> None:
    text = DEEP.replace("L = 2", "L = 4096").replace("over l : V", f"over l : {cycle}")
    network = lowered(text)
    if depth == "ops":
        with pytest.raises(SpecError, match=r"operations are more than a picture can show"):
            draw(network, Look(depth=depth))
        return
    dot = draw(network, Look(depth=depth))
    assert {"V": "l = 1–4095", "backslash": "l = 2–4096"}[cycle] in dot
    assert len(dot) < 30_000
    assert rows_of(legend(dot))[0] == ["all levels", "weights"]


def test_what_cannot_be_folded_is_refused_when_nobody_could_read_it() -> None:
    text = DEEP.replace("L = 2", "L = 12").replace("over l : V", "over l : W")
    with pytest.raises(SpecError, match=r"3,071 blocks are more than a picture can show") as caught:
        draw(lowered(text))
    assert "fewer levels" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("op", "said"),
    [
        (ops.Conv(4, 8, (3, 3), stride=(2, 2), groups=2), "conv 3x3, stride 2, groups of 4"),
        (ops.Conv(8, 4, (1, 1), groups=2, transposed=True), "transposed conv 1x1, groups of 4"),
        (ops.Conv(4, 8, (3, 3), groups=4, transposed=True), "transposed conv 3x3, depthwise"),
        (ops.Conv(1, 1, (1, 1)), "conv 1x1"),
        (ops.Linear(4, 2), "linear"),
        (ops.BatchNorm(4), "batchnorm"),
        (ops.GroupNorm(6, 2), "groupnorm, groups of 3"),
        (ops.LayerNorm(4), "layernorm"),
        (ops.PReLU(4), "prelu"),
        (ops.Dropout(Fraction(1, 8)), "dropout 0.125"),
        (ops.DropPath(0), "droppath 0"),
        (ops.Stencil(((1, 2, 1),), fixed=True), "fixed stencil 1x3"),
        (ops.Scalar(1), "scalar 1"),
        (ops.Pool(maximum=False), "avgpool"),
        (ops.Pool(maximum=False, window=(2, 2), stride=(2, 2)), "avgpool 2x2"),
        (ops.Pool(maximum=True, window=(3, 3), stride=(2, 2)), "maxpool 3x3, stride 2"),
        (ops.Pool(maximum=True, window=(3, 3)), "maxpool 3x3"),
        (ops.Upsample((4, 4), "nearest"), "upsample"),
        (ops.Upsample((4, 4), "bilinear"), "upsample bilinear"),
        (ops.Activation("relu"), "relu"),
        (ops.Zeros(), "0"),
    ],
)
def test_kinds_leave_out_channels_and_sizes(op: ops.Op, said: str) -> None:
    assert kind(op) == said


def test_texts_are_escaped() -> None:
    assert "<B>a&lt;b&gt;&amp;</B>" in draw(lowered(FLAT), Look(title="a<b>&"))
    palette = Palette(lowered(FLAT))
    assert "a&lt;b&gt;&amp;" in chip("A", palette, notation.words("a<b>&"))


@needs_dot
@pytest.mark.parametrize("text", [BOTH, FLAT, BARE])
@pytest.mark.parametrize("depth", DEPTHS)
def test_pictures_in_every_format(text: str, depth: Depth, tmp_path: Path) -> None:
    dot = draw(lowered(text), Look(depth=depth))
    starts = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}
    for file_format, start in starts.items():
        path = tmp_path / f"net.{file_format}"
        render(dot, path, file_format)
        assert path.read_bytes().startswith(start)
    assert {path.name for path in tmp_path.iterdir()} == {f"net.{name}" for name in starts}


def test_without_dot_the_text_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    dot = draw(bundled("mgnet"))
    with pytest.raises(SpecError, match=r"not installed") as caught:
        render(dot, tmp_path / "net.svg", "svg")
    assert "apt install graphviz" in (caught.value.hint or "")
    assert [path.name for path in tmp_path.iterdir()] == ["net.dot"]
    assert (tmp_path / "net.dot").read_text(encoding="utf-8") == dot


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no picture format bmp"):
        render("digraph {}", tmp_path / "net.bmp", "bmp")


@needs_dot
def test_text_that_graphviz_refuses(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="could not draw"):
        render("digraph {", tmp_path / "net.svg", "svg")
    assert list(tmp_path.iterdir()) == []
