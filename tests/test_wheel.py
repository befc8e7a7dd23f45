"""The built wheel holds all that the package needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *arguments: str) -> str:
    """Run a command of the unpacked wheel, with nothing of the checkout in sight."""
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); "
        "import mgiad_dsl; from mgiad_dsl.cli import main; "
        f"assert mgiad_dsl.__file__.startswith({str(installed)!r}); "
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, cwd=installed.parent, capture_output=True, text=True, check=True
    ).stdout


def test_grammar_and_specs_are_in_the_wheel(installed: Path) -> None:
    assert "2,750,666" in run(installed, "count", "mgnet")
    listed = run(installed, "list")
    for path in (ROOT / "specs").glob("*.mgspec"):
        assert path.stem in listed


@pytest.mark.parametrize("kind", ["*.json", "*.toml"])
def test_recipes_and_published_figures_are_in_the_wheel(installed: Path, kind: str) -> None:
    package = ROOT / "mgiad_dsl"
    ours = {p.relative_to(ROOT) for p in package.rglob(kind)}
    assert ours
    assert all((installed / path).is_file() for path in ours)


def test_the_templates_of_the_page_are_in_the_wheel(installed: Path) -> None:
    ours = list((ROOT / "mgiad_dsl/page/templates").iterdir())
    assert len(ours) == 3
    assert all((installed / path.relative_to(ROOT)).is_file() for path in ours)


def test_tests_and_benches_are_not(installed: Path) -> None:
    top = {p.name for p in installed.iterdir() if not p.name.endswith(".dist-info")}
    assert top == {"mgiad_dsl"}
