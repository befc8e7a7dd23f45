"""Standard output that is closed, full or cut short; what may reach a terminal."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mgiad_dsl.cli import main
from mgiad_dsl.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PRINTING = [
    "count mgnet",
    "check mgnet",
    "solve mgnet --vary width=1,2",
    "compile mgnet",
    "draw mgnet -o -",
    "report digits -o -",
    "sweep examples/studies/digits_tradeoff.toml --dry-run",
    "list",
    "--version",
]
OTHERS = {"train", "eval", "runs", "plot"}  # their results are files, or come from them
ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="redirections of a POSIX shell")


def shell(command: str, redirection: str) -> subprocess.CompletedProcess[str]:
    """Run a command of mgiad under a redirection."""
    line = f"{shlex.quote(sys.executable)} -m mgiad_dsl {command} {redirection}"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        line, shell=True, capture_output=True, text=True, cwd=ROOT, env=buffered, check=False
    )


@ON_POSIX
@pytest.mark.parametrize(
    ("redirection", "reason"),
    [(">&-", "Bad file descriptor"), ("> /dev/full", "No space left on device")],
)
@pytest.mark.parametrize("command", PRINTING)
def test_output_that_cannot_be_written(command: str, redirection: str, reason: str) -> None:
    if "full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    run = shell(command, redirection)
    assert run.returncode == 1
    assert run.stderr.endswith(f"error: standard output cannot be written: {reason}\n")
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr


def test_every_command_is_tried() -> None:
    tried = {command.split()[0] for command in PRINTING} - {"--version"}
    assert tried | OTHERS == {command.name for command in COMMANDS}


@ON_POSIX
@pytest.mark.parametrize("redirection", [">&-", "> /dev/full"])
def test_a_command_that_prints_nothing_needs_no_output(redirection: str, tmp_path: Path) -> None:
    target = tmp_path / "digits.py"
    run = shell(f"compile digits -o {shlex.quote(str(target))}", redirection)
    assert (run.returncode, run.stderr) == (0, f"wrote {target}\n")
    assert target.is_file()


@ON_POSIX
@pytest.mark.parametrize("command", PRINTING[:4])
def test_a_reader_that_has_had_enough_is_no_error(command: str) -> None:
    run = shell(command, "| true")
    assert "error" not in run.stderr
    assert "Traceback" not in run.stderr


@ON_POSIX
def test_closed_standard_error() -> None:
    assert shell("check digits", "2>&-").stdout == "digits: 31,722 weights, no errors\n"
    assert shell("check nothing", "2>&-").returncode == 1


NAME = "\x1b[31m\u202e"


@pytest.mark.parametrize(
    "arguments",
    [
        ["count", NAME],
        ["check", f"mgnet:{NAME}"],
        ["count", "mgnet", "--set", f"{NAME}=1"],
        ["count", "mgnet", "--set", f"width={NAME}"],
        ["count", "mgnet", "--vary", f"width=1,{NAME}"],
        ["count", "mgnet", "--fit", f"1 {NAME}"],
        ["count", "mgnet", "--batch", "1", "--dtype", NAME],
        ["compile", "digits", "-o", f"no/{NAME}"],
        ["draw", "digits", "-o", f"digits.{NAME}"],
        ["count", "mgnet", f"--{NAME}"],
    ],
    ids=lambda arguments: " ".join(map(ascii, arguments)),
)
def test_what_the_command_line_says_is_escaped(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.suppress(SystemExit):  # wrong usage
        assert main(arguments) == 1
    said = "".join(capsys.readouterr())
    assert "\\x1b[31m\\u202e" in said or "\N{MIDDLE DOT}[31m" in said
    assert not set("\x1b\u202e") & set(said)


def test_names_of_written_files_are_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile", "digits", "-o", str(tmp_path / NAME)]) == 0
    assert capsys.readouterr().err == f"wrote {tmp_path}/\\x1b[31m\\u202e\n"
