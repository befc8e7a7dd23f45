"""The page of a report, read as text: its parts, its data, and that it needs nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("plotly")
pytest.importorskip("pygments")
pytest.importorskip("jinja2")

from mgiad_dsl import Compiled, Source, compile_file, compile_source
from mgiad_dsl.cli import main
from mgiad_dsl.counting.tables import breakdowns, groups
from mgiad_dsl.draw.picture import DEPTHS
from mgiad_dsl.page import code, page, pictures
from mgiad_dsl.parse.grammar import reserved_words

ROOT = Path(__file__).parents[2]
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz's dot")
LARGEST = 12_000_000  # bytes; Plotly's script takes 4.8 million
HOSTILE = """# </script><script>alert("comment")</script> <b>&amp;
network hostile
input x : 2 x 4 x 4
operators { A, alert : x -> x  conv 3x3 }
output y = alert(A(x))
published weights 72 "</pre><img src=x onerror=alert(1)>"
"""


class Page(HTMLParser):
    """Elements with their attributes, the text of those with an id, and what would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.elements.append((tag, named))
        if tag not in ("meta", "link", "img", "br"):
            self._open.append((tag, named.get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name:
                self.texts[name] = self.texts.get(name, "") + data

    def all(self, attribute: str) -> list[str]:
        return [each[attribute] for _, each in self.elements if attribute in each]

    @property
    def facts(self) -> dict:
        return json.loads(self.texts["facts"])


def of(name: str, **settings: object) -> tuple[Compiled, Page]:
    compiled = compile_file(name, **settings)
    return compiled, Page(page(compiled, 2, "float32"))


@pytest.fixture(scope="module")
def mgiad() -> tuple[Compiled, Page]:
    return of("mgiad")


def test_it_needs_nothing_from_elsewhere(mgiad: tuple[Compiled, Page]) -> None:
    _, it = mgiad
    fetched = [tag for tag, attributes in it.elements if tag in ("link", "img", "iframe", "object")]
    fetched += it.all("src")
    assert fetched == []
    assert all(link.startswith("#") for link in it.all("href"))
    styles = page(compile_file("digits"), 1, "float32")
    assert len(styles) < LARGEST
    assert not re.search(r"@import|url\((?!#|\\?[\"']?data:)", styles[: styles.index("<body>")])


def test_ids_are_unique_and_links_lead_somewhere(mgiad: tuple[Compiled, Page]) -> None:
    _, it = mgiad
    ids = it.all("id")
    assert len(ids) == len(set(ids))
    targets = [*(link[1:] for link in it.all("href")), *it.all("aria-controls")]
    assert set(targets) <= set(ids)
    assert "picture-ops" in targets


@needs_dot
def test_every_operation_is_in_a_picture(mgiad: tuple[Compiled, Page]) -> None:
    compiled, it = mgiad
    operations = list(compiled.written.operations)
    assert len(it.facts["operations"]) == len(operations)
    alone = [text for text in it.all("data-ops") if text and " " not in text]
    assert set(map(str, range(len(operations)))) <= set(alone)
    numbers = {int(each) for text in it.all("data-ops") for each in text.split()}
    assert max(numbers) == len(operations) - 1


@needs_dot
def test_every_group_that_is_applied_has_a_chip_with_its_operations(
    mgiad: tuple[Compiled, Page],
) -> None:
    compiled, it = mgiad
    beside = ("norm", "activation", "chance")
    applied = {g.name for g in compiled.count.groups if g.uses and g.role not in beside}
    chips = [a["data-group"] for tag, a in it.elements if tag == "polygon" and "data-group" in a]
    assert {each for each in chips if " " not in each} == applied
    assert "A.3_0 A.3_1 A.3_2" in chips  # the chip of a whole cycle over k
    operations = it.facts["operations"]
    for _, node in it.elements:
        if "data-groups" in node:
            own = {operations[int(n)]["group"] for n in node["data-ops"].split()} - {None}
            assert own == set(node["data-groups"].split())


def test_lines_are_those_of_the_spec(mgiad: tuple[Compiled, Page]) -> None:
    compiled, it = mgiad
    lines = compiled.source.text.splitlines()
    for number, line in enumerate(lines, 1):
        assert it.texts.get(f"spec-{number}", "").rstrip("\n") == line
    assert it.texts["python"].strip().endswith(compiled.python.strip().splitlines()[-1])
    groups_ = it.facts["groups"]
    assert set(groups_) == set(compiled.written.groups)
    for name, group in groups_.items():
        family = compiled.written.groups[name].family
        assert re.search(rf"\b{family}\b.*:", lines[group["declared"] - 1])
        assert all(re.search(rf"\b{family}\b", lines[line - 1]) for line in group["lines"])
    assert groups_["A.2_0"]["lines"] == [24, 42, 50, 62]
    for operation in it.facts["operations"]:
        assert 1 <= operation["line"] <= len(lines)


def test_tables_are_those_of_count(mgiad: tuple[Compiled, Page]) -> None:
    compiled, it = mgiad
    for table in (*breakdowns(compiled.count), groups(compiled.count)):
        assert table.title in it.texts["weights"] + it.texts["groups"]
        for row in table.rows:
            for cell in row:
                shown = f"{cell:,}" if isinstance(cell, int) else cell
                assert (shown or "") in it.texts["weights"] + it.texts["groups"]
    memory = compiled.memory(2)
    assert f"{memory.training:,}" in it.texts["costs"]
    rows = [a["data-group"] for tag, a in it.elements if tag == "tr" and "data-group" in a]
    assert rows == [group.name for group in compiled.count.groups]


def test_the_treemap_sums_to_the_weights() -> None:
    from mgiad_dsl.page.treemap import treemap

    compiled = compile_file("mgnet")
    html = treemap(compiled.count, dict.fromkeys(compiled.written.groups, "#123456"))
    data, _ = json.JSONDecoder().raw_decode(html, html.index("[{", html.rindex("Plotly.newPlot(")))
    assert len(data) == 4
    totals = [compiled.count.weights] * 2 + [compiled.count.macs] * 2
    for trace, total in zip(data, totals, strict=True):
        values = dict(zip(trace["ids"], trace["values"], strict=True))
        assert values["whole"] == total
        for name, parent in zip(trace["ids"], trace["parents"], strict=True):
            inside = [n for n, p in zip(trace["ids"], trace["parents"], strict=True) if p == name]
            assert not inside or values[name] == sum(values[each] for each in inside)
            assert parent == "" or parent in values
        named = dict(zip(trace["ids"], trace["customdata"], strict=True))
        assert "A.2" in named["/A/l=2"] if "/A/l=2" in named else "A.2" in named["/l=2/A"]


def test_a_network_without_weights_has_a_treemap_of_its_macs() -> None:
    _, it = of("poisson")
    assert "MACs by family" in it.texts["weights"]
    assert "weights by family" not in it.texts["weights"]


def test_what_a_spec_says_is_never_run() -> None:
    text = page(compile_source(Source("<i>.mgspec", HOSTILE)), 1, "float32")
    it = Page(text)
    assert "<img" not in text
    assert not [attributes for tag, attributes in it.elements if tag in ("img", "i", "b")]
    _, harmless = of("digits")
    scripts = [sum(tag == "script" for tag, _ in page_.elements) for page_ in (it, harmless)]
    assert scripts[0] == scripts[1] > 0
    assert it.texts["spec-1"].strip() == HOSTILE.splitlines()[0]
    assert "<img src=x onerror=alert(1)>" in it.texts["weights"]


def test_without_dot_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    _, it = of("digits")
    for depth in DEPTHS:
        assert "`dot` is not installed: install graphviz" in it.texts[f"picture-{depth}"]
    assert "31,722" in it.texts["weights"]


@needs_dot
def test_too_many_operations_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 10)
    compiled, it = of("digits")
    count = len(compiled.written.operations)
    assert f"{count} operations are more than" in it.texts["picture-ops"]
    assert "data-ops" in str(it.elements)


def test_every_reserved_word_is_highlighted() -> None:
    for word in reserved_words():
        assert f'<span class="k">{word}</span>' in code.spec(f"{word} x")
    shown = code.spec('\n\na[l] = 2_750.5k # 3 "x"\n')
    assert 'id="spec-3"' in shown
    assert '<span class="mf">' in shown or '<span class="m">2_750.5k</span>' in shown


@needs_dot
@pytest.mark.parametrize("spec", ["mgnet", "unet_mg", "poisson:f", "resnet18"])
def test_it_is_the_same_on_every_run(spec: str, tmp_path: Path) -> None:
    pages = []
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "mgiad_dsl", "report", spec, "-q", "-o", "-"]
        run = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        pages.append(run.stdout)
    assert pages[0] == pages[1]
    assert pages[0].startswith("<!DOCTYPE html>")


# -- the command -----------------------------------------------------------------------------


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "digits.html"
    words = ["report", "digits", "--set", "width=2", "--batch", "3", "--dtype", "bf16"]
    assert main([*words, "-o", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert f"wrote {target}, {len(text.encode()) / 1e6:.1f} MB\n" in capsys.readouterr().err
    assert "<title>digits width=2</title>" in text
    assert "memory for a batch of 3 in bfloat16" in text
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch", "0"], "--batch"),
        (["--dtype", "float7"], "float7"),
        (["--set", "width=x"], "width"),
    ],
)
def test_wrong_words_leave_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "digits", *words, "-o", str(tmp_path / "d.html")]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr("mgiad_dsl.cli.report.find_spec", lambda name: None)
    assert main(["report", "digits", "-o", str(tmp_path / "d.html")]) == 1
    assert capsys.readouterr().err == (
        'error: the page needs plotly, pygments, jinja2\n  hint: pip install "mgiad-dsl[report]"\n'
    )
