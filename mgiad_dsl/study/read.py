"""Reads a study file; what is wrong in it is told with its place."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mgiad_dsl.base.source import Source, Span, SpecError
from mgiad_dsl.language.words import did_you_mean
from mgiad_dsl.study.file import Budget, Family, Published, Search, StudyFile
from mgiad_dsl.study.places import place
from mgiad_dsl.study.ranges import TAGS, Range

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DATABASE = "study.db"
_EXAMPLE = 'a study file is TOML: data = "digits", recipe = "digits", [[family]] ...'
_TABLES: dict[str, type[BaseModel]] = {
    "budget": Budget,
    "search": Search,
    "family": Family,
    "published": Published,
}


@dataclass(frozen=True)
class Study:
    """A study file that was found right, and where it lies."""

    file: StudyFile
    source: Source

    @property
    def name(self) -> str:
        return self.file.name or Path(self.source.name).stem

    @property
    def out(self) -> Path:
        """The folder of its runs."""
        return Path(self.file.out or Path("runs") / self.name)

    @property
    def storage(self) -> str:
        """The URL of the database that its processes share."""
        return self.file.storage or f"sqlite:///{self.out / DATABASE}"

    def beside(self, name: str) -> str:
        """A path that the file names, if it leads somewhere from the file's own folder."""
        path = Path(self.source.name).parent / name.partition(":")[0]
        return str(Path(self.source.name).parent / name) if path.is_file() else name

    def place(self, *path: str | int) -> Span:
        """Where the file says something."""
        return place(self.source, tuple(map(str, path)))


def read_study(path: str) -> Study:
    """A study file.

    Raises:
        SpecError: it cannot be read, is no TOML, or says what no study can be; all at once.
    """
    source = Source.read(path)
    try:
        return Study(StudyFile.model_validate(parsed(source)), source)
    except ValidationError as error:
        first, *others = _problems(source, error)
        raise SpecError(first.message, first.span, hint=first.hint, others=tuple(others)) from None


def parsed(source: Source) -> dict[str, Any]:
    """The tables of a TOML text. Raises SpecError with the place."""
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        words = str(error).replace(found[0] if found else "", "")
        line, column = (int(n or 0) for n in found.groups()) if found else (0, 0)
        raise SpecError(f"no TOML: {words}", _at(source, line, column), hint=_EXAMPLE) from None
    except RecursionError:
        raise SpecError(f"{source.name} nests too deeply", hint=_EXAMPLE) from None


def _at(source: Source, line: int, column: int) -> Span:
    """A place by its numbers, from 1; without them the end."""
    lines = source.text.split("\n")
    if not line:
        line, column = len(lines), 1
    start = min(len(source.text), sum(len(each) + 1 for each in lines[: line - 1]) + column - 1)
    return Span(source, start, start + 1)


def _problems(source: Source, error: ValidationError) -> Iterator[SpecError]:
    """Each problem once: not also of the table that it makes wrong."""
    found = [
        (tuple(str(key) for key in problem["loc"] if key not in TAGS), problem)
        for problem in error.errors()
    ]
    for path, problem in found:
        if any(other[: len(path)] == path != other for other, _ in found):
            continue
        key = next((key for key in reversed(path) if not key.isdigit()), "")
        words, hint = _words(problem["type"], problem["msg"], key), None
        if problem["type"] == "extra_forbidden":
            hint = _nearest(path, "range" in problem["loc"])
        elif len(path) == 1:
            hint = _EXAMPLE
        yield SpecError(words, place(source, path), hint=hint)


def _words(kind: str, message: str, key: str) -> str:
    """What pydantic says, in the words of a study file."""
    if kind == "extra_forbidden":
        return f"there is no `{key}` here"
    if kind == "missing":
        return f"`{key}` is missing"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    words = message.replace("Tuple", "A list").replace("Input", "A value")
    return f"`{key}`: {words[0].lower()}{words[1:]}"


def _nearest(path: tuple[str, ...], in_range: bool) -> str:
    model = Range if in_range else _TABLES.get(path[0], StudyFile) if path[1:] else StudyFile
    names = [field.alias or name for name, field in model.model_fields.items()]
    return did_you_mean(path[-1], names) or f"known are {', '.join(names)}"
