"""Draws the pictures on docs/gallery.md again, each by the command that stands above it.

`python docs/gallery.py` writes them into docs/images/gallery.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

from mgiad_dsl.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gallery.md"
IMAGES = ROOT / "docs" / "images" / "gallery"
_BASH = re.compile(r"^```bash\nmgiad (draw .*)\n```$", re.MULTILINE)
_SPEC = re.compile(r"^```mgspec\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^network (\w+)", re.MULTILINE)


def commands() -> list[list[str]]:
    """The arguments of every command on the page."""
    return [shlex.split(line) for line in _BASH.findall(PAGE.read_text(encoding="utf-8"))]


def keep_specs(folder: Path) -> None:
    """Write the networks of the page where its commands look for them."""
    for text in _SPEC.findall(PAGE.read_text(encoding="utf-8")):
        name = _NAME.search(text)
        assert name, "a network has a name"
        (folder / f"{name[1]}.mgspec").write_text(text, encoding="utf-8")


def draw_all() -> int:
    IMAGES.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory() as folder:
        keep_specs(Path(folder))
        os.chdir(folder)
        codes = []
        for command in commands():
            output = IMAGES / command[-1]
            codes.append(main([*command[:-1], str(output), "--quiet"]))
        os.chdir(ROOT)
    return max(codes)


if __name__ == "__main__":
    sys.exit(draw_all())
