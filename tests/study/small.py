"""Small studies, and one process of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

SPEC = """network tiny(width = 4, classes = 10, wrong = 0)
input image : 1 x 8 x 8
levels l in 1..1 : resolution
spaces u[l] : width channels
operators {
    A       : image -> u[1]     conv 3x3
    W       : u[1]  -> classes  linear
    norm[*] : batchnorm
}
start { u[1] = relu(norm(A(image))) }
output logits = W(avgpool(u[1]))
variant four { width = 4 }
"""

STUDY = """data = "fake:1x8x8:10:64"
recipe = "trial"
with = {{ {changes} }}
seeds = {seeds}
out = "{out}"
save_every = 0.2

{more}
[[family]]
name = "tiny"
spec = "tiny.mgspec"
vary = {{ {vary} }}
"""


@pytest.fixture
def write_study(tmp_path: Path) -> Callable[..., Path]:
    """`small_study` in the test's own folder."""
    return partial(small_study, tmp_path)


def small_study(
    folder: Path,
    vary: str = "width = [2, 4]",
    seeds: str = "[0]",
    changes: str = "epochs = 1",
    more: str = "",
    out: str = "runs",
) -> Path:
    """Write a study of a tiny network on random images beside its spec; the path of it."""
    (folder / "tiny.mgspec").write_text(SPEC)
    text = STUDY.format(vary=vary, seeds=seeds, changes=changes, more=more, out=folder / out)
    path = folder / "study.toml"
    path.write_text(text)
    return path
