"""Tables in every format, and what each format takes for its own."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mgiad_dsl import compile_file
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.base.tables import Table, chosen, floating, render
from mgiad_dsl.counting.tables import breakdowns, groups, overview

SIGNS = r"a_b & 5% $x$ {q} \ ~ ^ # | <b> 64 × 32"
HARD = Table(
    "t",
    ("kind", "n & m", "off"),
    (("  conv 3x3 8 -> 16", 1_234, "-1,038"), (SIGNS, -5, "<!-- x-y -->")),
)


def test_latex_sets_arrows_and_signs_right() -> None:
    lines = render([HARD], "latex").splitlines()
    assert lines[:2] == ["% t", r"\begin{tabular}{lrl}"]
    first = lines[5].split("&")
    assert first[0].strip() == r"~~conv 3x3 8 $\to$ 16"
    assert [" ".join(cell.split()) for cell in first[1:]] == ["1,234", r"$-$1,038 \\"]
    escaped = r"a\_b \& 5\% \$x\$ \{q\} \textbackslash{} \textasciitilde{} \^{} \# \textbar{}"
    assert escaped in lines[6]
    assert r"64 $\times$ 32" in lines[6]
    assert "->" not in render([HARD], "latex")


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip(" \n")


def test_html_reads_back() -> None:
    cells = _Cells()
    cells.feed(render([HARD], "html"))
    numbered = [[f"{c:,}" if isinstance(c, int) else c for c in row] for row in HARD.rows]
    indented = numbered[0][0].replace("  ", "\N{NO-BREAK SPACE}" * 2)
    assert cells.rows == [list(HARD.header), [indented, *numbered[0][1:]], numbered[1]]


def test_columns_are_chosen_in_their_order() -> None:
    other = Table("other", ("off",), (("0",),))
    assert [table.title for table in chosen([HARD, other], ["off"])] == ["t", "other"]
    (one,) = chosen([HARD, other], ["off", "kind"])
    rows = (("-1,038", "  conv 3x3 8 -> 16"), ("<!-- x-y -->", SIGNS))
    assert one == Table("t", ("off", "kind"), rows)
    with pytest.raises(SpecError, match="no table has the columns off, weigths") as wrong:
        chosen([HARD, other], ["off", "weigths"])
    assert wrong.value.hint == "t: kind, n & m, off; other: off"


def test_a_floating_table_has_what_is_given() -> None:
    assert r"\caption" not in floating(HARD, None, "tab:x")
    text = floating(HARD, r"On level $l$, 5\,\%", None)
    assert r"\caption{On level $l$, 5\,\%}" in text
    assert r"\label" not in text
    assert text.startswith("\\begin{table}\n\\centering\n")
    assert text.endswith("\\end{tabular}\n\\end{table}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(tmp_path: Path) -> None:
    counted = compile_file("mgiad").count
    tables = [HARD, overview(counted), *breakdowns(counted), groups(counted)]
    body = [floating(HARD, r"A caption with $l \to l+1$", "tab:hard"), render(tables, "latex")]
    document = "\n".join(
        [r"\documentclass{article}", r"\usepackage{booktabs}", r"\begin{document}", *body]
    )
    (tmp_path / "t.tex").write_text(f"{document}\nTable~\\ref{{tab:hard}}\n\\end{{document}}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    for _ in range(2):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-2000:]
    log = (tmp_path / "t.log").read_text(errors="replace")
    assert "Missing character" not in log
    assert "undefined" not in log
