"""Bad specs and their exact messages.

A first line ``# settings: width=3`` or ``# variant: big`` says how to compile the spec.
"""

import re
from pathlib import Path

import pytest

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.compiler import compile_source

FOLDER = Path(__file__).parent / "errors"
SPECS = sorted(FOLDER.glob("*.mgspec"))


def diagnose(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    directives = dict(re.findall(r"^# (settings|variant): (.*)$", text, re.MULTILINE))
    settings = dict(pair.split("=") for pair in directives.get("settings", "").split())
    try:
        compiled = compile_source(Source(path.name, text), directives.get("variant"), settings)
    except SpecError as error:
        return f"{error}\n"
    return "".join(f"{warning}\n" for warning in compiled.warnings)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_messages(path: Path, request: pytest.FixtureRequest) -> None:
    golden = path.with_suffix(".txt")
    found = diagnose(path)
    assert found, "a bad spec without a message"
    if request.config.getoption("--update-golden"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_message_belongs_to_a_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in SPECS}
