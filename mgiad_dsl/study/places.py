"""Where in a TOML text a value stands. Parsers of TOML tell values, and not their places."""

from __future__ import annotations

import re

from mgiad_dsl.base.source import Source, Span

_HEADER = re.compile(r"\s*(\[{1,2})\s*([\w.\-\"' ]+?)\s*\]{1,2}")
_KEY = re.compile(r"\s*([\w.\-\"']+)\s*=")

Path = tuple[str, ...]  # keys, and numbers of entries, from the outside


def place(source: Source, wanted: Path) -> Span:
    """The line that says most of a path: its key where it stands, or what it belongs to."""
    best, span = -1, Span(source, 0, 0)
    here: Path = ()
    counts: dict[str, int] = {}
    for match in re.finditer(r".*\n?", source.text):
        line = match[0].rstrip()
        if header := _HEADER.match(line):
            here = _entered(header, counts)
            path, word = here, header[2]
        elif key := _KEY.match(line):
            path, word = here + _keys(key[1]), key[1]
        else:
            continue
        if path == wanted[: len(path)] and len(path) > best:
            whole = Span(source, match.start(), match.start() + len(line))
            best, span = len(path), _inside(whole, word, wanted[len(path) :])
    return span


def _entered(header: re.Match[str], counts: dict[str, int]) -> Path:
    """The path of a table; ``[[family]]`` is one entry more, ``[family.set]`` is of the last."""
    keys = _keys(header[2])
    if header[1] == "[[":
        counts[keys[0]] = counts.get(keys[0], -1) + 1
    number = (str(counts[keys[0]]),) if keys[0] in counts else ()
    return (keys[0], *number, *keys[1:])


def _keys(text: str) -> Path:
    return tuple(key.strip(" \"'") for key in text.split("."))


def _inside(line: Span, word: str, rest: Path) -> Span:
    """The key on its line, or the innermost of those in inline tables behind it."""
    for inner in reversed(rest):
        if not inner.isdigit() and re.search(rf"\b{re.escape(inner)}\b", line.text):
            return line.find(inner)
    return line.find(word.strip("\"'").split(".")[0])
