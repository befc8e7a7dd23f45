"""Pictures as TikZ."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mgiad_dsl.draw import THEMES, Look, draw, render
from tests.draw.test_draw import BOTH, bundled, lowered
from tests.draw.test_look import needs_dot

NUMBER = r"-?\d+\.\d\d"
AT = rf"\({NUMBER},{NUMBER}\)"
CURVE = rf"{AT}(?: \.\. controls {AT} and {AT} \.\. {AT})+"
PATH = rf"(?:{AT}(?: -- {AT})*(?: -- cycle)?|{AT} ellipse \({NUMBER} and {NUMBER}\)|{CURVE})"
INK = "c[0-9A-F]{6}"
FONT = rf"\\sffamily\\fontsize\{{{NUMBER}\}}\{{{NUMBER}\}}\\selectfont"
LINES = [
    r"%.*",
    r"\\definecolor\{c([0-9A-F]{6})\}\{HTML\}\{\1\}",
    rf"\\path\[(?:fill={INK},?)?(?:draw={INK})?(?:,dashed|,line width={NUMBER}bp)*\] {PATH};",
    rf"\\node\[anchor=base(?: west| east)?,text={INK},font={FONT}\] at {AT} \{{.*\}};",
    r"\\begin\{tikzpicture\}\[.*",
    r"  every node/\.style=\{.*\}\]",
    r"\\end\{tikzpicture\}",
]  # fmt: skip


def drawn(dot: str, tmp_path: Path) -> str:
    render(dot, tmp_path / "net.tex", "tex")
    return (tmp_path / "net.tex").read_text(encoding="utf-8")


SAMPLES = {
    "mgnet": Look(width=3.25), "mgiad": Look(theme=THEMES["dark"]),
    "unet_mg": Look(highlight=("A[2]",)), "poisson:w": Look(legend=True),
    "mgic": Look(width=6.75, depth="steps"),
}  # fmt: skip


@needs_dot
@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_is_one_that_tikz_knows(name: str, tmp_path: Path) -> None:
    text = drawn(draw(bundled(name), SAMPLES[name]), tmp_path)
    for line in text.splitlines():
        assert any(re.fullmatch(known, line) for known in LINES), line
        if not line.startswith("%"):
            plain = re.sub(r"\\[\\{}$]", "", line)
            assert plain.count("{") == plain.count("}")
            assert plain.count("$") % 2 == 0
    assert set(re.findall(r"=(c[0-9A-F]{6})", text)) <= set(
        re.findall(r"definecolor\{(\w+)\}", text)
    )


@needs_dot
def test_it_shows_all_that_the_picture_shows(tmp_path: Path) -> None:
    text = drawn(draw(bundled("mgnet"), Look(legend=False)), tmp_path)
    for name in ("l1_pre", "l4_pre", "l1_coarsen", "start -> l1_pre", "title"):
        assert f"% {name}\n" in text
    for shown in (
        "{$A_{4}$}",
        "{$B_{4,1}$}",
        r"{$\Pi_{3}$}",
        r"\textbf{2\,$\times$\,smooth}",
        "2,750,666 weights",
    ):
        assert shown in text, shown


@needs_dot
def test_it_has_the_width_that_is_asked_for(tmp_path: Path) -> None:
    text = drawn(draw(bundled("mgiad"), Look(width=6.75)), tmp_path)
    xs = [float(x) for x in re.findall(rf"\(({NUMBER}),{NUMBER}\)", text)]
    assert max(xs) - min(xs) == pytest.approx(6.75 * 72, abs=1.5)
    assert min(float(size) for size in re.findall(rf"fontsize\{{({NUMBER})\}}", text)) >= 6.95


@needs_dot
def test_special_characters(tmp_path: Path) -> None:
    text = drawn(
        draw(bundled("mgnet"), Look(title="50 % & #1_a {x} $ ^ ~ \\ <b>", legend=False)), tmp_path
    )
    assert r"50 \% \& \#1\_a \{x\} \$ \^{} \~{} \textbackslash{} \textless{}b\textgreater{}" in text


@needs_dot
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_takes_it(tmp_path: Path) -> None:
    for number, dot in enumerate(
        [draw(lowered(BOTH)), *(draw(bundled(n), SAMPLES[n]) for n in SAMPLES)]
    ):
        drawn(dot, tmp_path)
        page = (
            "\\documentclass{article}\\usepackage{amsmath,amssymb,tikz}"
            "\\begin{document}\\input{net}\\end{document}"
        )
        (tmp_path / "page.tex").write_text(page, encoding="utf-8")
        command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "page.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (number, done.stdout[-2000:])
