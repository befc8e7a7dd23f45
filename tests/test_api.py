"""The functions of the package: a spec by name or by path, settings as keywords."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import mgiad_dsl
from mgiad_dsl import SpecError

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
