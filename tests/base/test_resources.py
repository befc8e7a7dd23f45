"""The cache folder: where it lies, and that nobody depends on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mgiad_dsl.base.resources import cache_file

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="where Linux has it")


@LINUX
def test_it_lies_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_file("tables") == str(tmp_path / "caches" / "mgiad_dsl" / "tables")
    assert (tmp_path / "caches" / "mgiad_dsl").is_dir()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_file("tables") == str(tmp_path / ".cache" / "mgiad_dsl" / "tables")


@LINUX
def test_there_may_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_file("tables") is None


@pytest.mark.parametrize("path", [Path("~/.cache/mgiad_dsl"), RuntimeError("no home")])
def test_a_user_without_a_home_gets_no_folder(
    path: Path | Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def user_cache_path(*_: object, **__: object) -> Path:
        if isinstance(path, Exception):
            raise path
        return path

    monkeypatch.setattr("platformdirs.user_cache_path", user_cache_path)
    monkeypatch.chdir(tmp_path)
    assert cache_file("tables") is None
    assert not list(tmp_path.iterdir())


@LINUX
def test_commands_work_without_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    count = [sys.executable, "-m", "mgiad_dsl", "check", "digits"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "file")}
    done = subprocess.run(count, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_package_does_not_look_for_it() -> None:
    code = "import sys, mgiad_dsl; sys.exit('platformdirs' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
