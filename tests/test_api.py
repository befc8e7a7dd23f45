"""The functions of the package: a spec by name or by path, settings as keywords."""

from __future__ import annotations

import copy
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

import mgiad_dsl
from mgiad_dsl import SpecError
from mgiad_dsl.cli import main

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz's dot")

TEXT = """network n(width = 1, spec = 1)
input x : 2 x 4 x 4
operators { A : x -> 3 * width * spec  conv 3x3 }
output y = A(x)
variant wide { width = 2 }
"""


def compiled_weights(spec: str | Path, /, **settings: object) -> int:
    return mgiad_dsl.compile_file(spec, **settings).count.weights


def counted_weights(spec: str | Path, /, **settings: object) -> int:
    return mgiad_dsl.count(spec, **settings).weights


def module_weights(spec: str | Path, /, **settings: object) -> int:
    return sum(p.numel() for p in mgiad_dsl.compile(spec, **settings).parameters())


@pytest.mark.parametrize("weights", [compiled_weights, counted_weights, module_weights])
def test_paths_texts_and_settings(weights: Callable[..., int], tmp_path: Path) -> None:
    path = tmp_path / "n.mgspec"
    path.write_text(TEXT)
    assert weights(path) == weights(str(path)) == 54
    assert weights(tmp_path / "n.mgspec:wide") == weights(f"{path}:wide") == 108
    assert weights(path, width=3) == weights(path, width="3") == 162
    assert weights(path, spec=2) == 108  # a parameter may be called as an argument is


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"there is no file .*no.mgspec"):
        mgiad_dsl.count(tmp_path / "no.mgspec")


@pytest.mark.parametrize("name", ["n" * 300, "network n input x : 3 x 8 x 8" * 20, "a\0b"])
def test_what_can_be_no_file(name: str) -> None:
    with pytest.raises(SpecError, match="there is no file"):
        mgiad_dsl.compile(name)


# -- what notebooks show, and what a module knows ---------------------------------------------


NAMED = """network named
input x : 2 x 4 x 4
operators { count, spec, picture : x -> x  conv 3x3 }
output y = picture(spec(count(x)))
"""


def test_a_printed_count_is_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "digits", "--quiet"]) == 0
    assert capsys.readouterr().out == f"{mgiad_dsl.count('digits')}\n"


def test_counts_are_tables_in_notebooks() -> None:
    html = mgiad_dsl.count("mgnet")._repr_html_()
    assert html.count("<table>") == 4
    assert "2,750,666" in html
    assert "<b>by level</b>" in html


def test_what_is_compiled_is_shown_in_a_line() -> None:
    compiled = mgiad_dsl.compile_file("mgnet:cifar100", width="1/2")
    shown = f"<mgnet:cifar100 width=1/2 at -O1, {compiled.count.weights:,} weights>"
    assert repr(compiled) == shown
    assert repr(compiled.spec).startswith("NetSpec('mgnet:cifar100', width='1/2', L=4, ")
    assert "\n" not in repr(compiled.spec)


@needs_dot
def test_specs_are_pictures_in_notebooks(tmp_path: Path) -> None:
    compiled = mgiad_dsl.compile_file("digits", width=2)
    svg = compiled._repr_svg_()
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert "digits width=2" in svg
    assert compiled._repr_html_() == f"{svg}\n{compiled.count._repr_html_()}"
    compiled.picture.save(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_notebooks_without_dot_show_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    compiled = mgiad_dsl.compile_file("digits")
    assert compiled._repr_svg_() is None
    assert compiled._repr_html_() == f"\n{compiled.count._repr_html_()}"
    with pytest.raises(SpecError, match="`dot` is not installed") as missing:
        _ = compiled.picture.svg
    assert missing.value.hint.startswith("install graphviz")


def test_a_module_knows_what_it_is() -> None:
    network = mgiad_dsl.compile("digits", width=2)
    assert network.count == mgiad_dsl.count("digits", width=2)
    assert network.spec.values["width"] == 2
    assert network.picture.dot.startswith("digraph")
    assert "<table>" in network._repr_html_()
    assert network._repr_svg_() == network.picture._repr_svg_()
    assert copy.deepcopy(network).count is network.count
    assert not {"count", "spec", "picture"} & set(vars(network))
    assert pickle.loads(pickle.dumps(network)).spec is network.spec
    other = mgiad_dsl.compile("digits")
    assert other.count.weights == sum(p.numel() for p in other.parameters())
    assert "Digits(" in repr(network)
    for word in ("count", "picture", "_repr_html_"):
        assert f"self.{word}" not in mgiad_dsl.compile_file("digits").python


def test_operators_keep_their_names(tmp_path: Path) -> None:
    path = tmp_path / "named.mgspec"
    path.write_text(NAMED)
    for _ in range(2):
        network = mgiad_dsl.compile(path)
        assert {name for name, _ in network.named_children()} == {"count", "spec", "picture"}
        assert network.count.weight.shape == (2, 2, 3, 3)
        assert network(torch.zeros(1, 2, 4, 4)).shape == (1, 2, 4, 4)
        assert "108" in network._repr_html_()
