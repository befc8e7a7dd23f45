"""The page of pictures: each command draws what stands below it, at the width it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mgiad_dsl.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/gallery.md").read_text(encoding="utf-8")
ENTRY = re.compile(
    r"^```bash\nmgiad (draw [^\n]*) -o (\S+)\.svg\n```\n!\[[^\]]+\]\((\S+)\)$", re.MULTILINE
)
SPEC = re.compile(r"(?<=```mgspec\n)mgspec 1\nnetwork (\w+).*?(?=```)", re.DOTALL)
SPECS = {found[1]: found[0] for found in SPEC.finditer(PAGE)}
WANTED = {
    "mgnet", "mgiad", "mgiad:w3", "mgic", "resnet18", "unet_mg", "poisson", "poisson:w",
    "poisson:f", "diffusion.mgspec", "pools.mgspec",
}  # fmt: skip


def test_the_page_shows_what_it_should() -> None:
    entries = ENTRY.findall(PAGE)
    assert len(entries) == PAGE.count("mgiad draw ") == PAGE.count("](images/")
    assert {command.split()[1] for command, _, _ in entries} >= WANTED
    assert all(image == f"images/gallery/{name}.svg" for _, name, image in entries)


@pytest.mark.parametrize(("command", "name", "image"), ENTRY.findall(PAGE))
def test_each_picture_is_there_and_its_command_draws(
    command: str, name: str, image: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    for spec, text in SPECS.items():
        (tmp_path / f"{spec}.mgspec").write_text(text, encoding="utf-8")
    assert main([*shlex.split(command), "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("digraph ")
    picture = (ROOT / "docs" / image).read_text(encoding="utf-8")
    width = re.search(r"--width ([\d.]+)in", command)
    shown = re.search(r'<svg width="(\d+)pt"', picture)
    assert shown
    if width:
        assert int(shown[1]) == pytest.approx(72 * float(width[1]), abs=2)
