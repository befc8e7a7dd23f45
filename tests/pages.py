"""The blocks of a Markdown page, and what they really give.

- ``mgspec``: a complete network with an ``expect``; it and its variants must be right, without
  a warning.
- ``mgspec-warning`` and ``mgspec-error``, each followed by a ``text`` block: its messages.
  These and the above are kept as ``NAME.mgspec``, after the name of the network.
- ``console``: commands ``$ mgiad check|count|solve|compile ...`` among those files, each followed
  by its output; ``...`` alone on a line stands for any lines.
- ``python``: executed among those files; a ``text`` block that follows is what it prints.

``python -m tests.pages docs/language.md ...`` rewrites what the blocks give, and the table of
words from habit.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mgiad_dsl import Source, SpecError, compile_source
from mgiad_dsl.cli import main
from mgiad_dsl.language.habits import PLACES
from mgiad_dsl.parse import parse

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(p for p in [*ROOT.glob("docs/*.md"), ROOT / "README.md"] if p.is_file())
COMMANDS = ("check", "count", "solve", "compile")  # what runs without torch and graphviz

_FENCE = re.compile(r"^```([\w-]*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HABITS = re.compile(r"(?s)(?<=<!-- habits:begin -->\n).*?(?=<!-- habits:end -->)")
_NAME = re.compile(r"^network\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``result`` is the ``text`` block behind it, if one follows."""

    page: Path
    kind: str
    text: str
    line: int
    span: tuple[int, int]
    result: Block | None = None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def file(self) -> str:
        """The name it is kept under."""
        name = _NAME.search(self.text)
        return f"{name[1] if name else 'net'}.mgspec"


def blocks(page: Path, text: str) -> list[Block]:
    """All fenced blocks of a page."""
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        block = Block(page, match[1], match[2], line, match.span(2))
        between = text[found[-1].span[1] + 4 : match.start()] if found else "first"
        if block.kind == "text" and not between.strip():
            found[-1] = replace(found[-1], result=block)
        else:
            found.append(block)
    return found


@contextlib.contextmanager
def workplace(found: list[Block], folder: Path) -> Iterator[None]:
    """Inside the folder that holds the specs of a page, and the bundled ones in ``specs``."""
    for block in found:
        if block.kind.startswith("mgspec"):
            (folder / block.file).write_text(block.text, encoding="utf-8")
    if not (folder / "specs").exists():
        (folder / "specs").symlink_to(ROOT / "specs")
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def messages(block: Block) -> str:
    """The warnings or the errors of a spec and its variants."""
    source = Source(block.file, block.text)
    try:
        variants = [None, *(variant.name for variant in parse(source).variants)]
        warnings = [w for v in variants for w in compile_source(source, v).warnings]
    except SpecError as error:
        return f"{error}\n"
    return "".join(f"{text}\n" for text in dict.fromkeys(map(str, warnings)))


def transcript(text: str) -> str:
    """The commands of a console block with what they print; others stay as they are."""
    return "".join(_command(part) for part in re.split(r"(?m)^(?=\$ )", text) if part)


def _command(part: str) -> str:
    first, _, shown = part.partition("\n")
    words = shlex.split(first.removeprefix("$ "), comments=True)
    if not first.startswith("$ ") or len(words) < 2 or words[0] not in ("mgiad", "mgiad-compile"):
        return part
    arguments = words[1:] if words[0] == "mgiad" else ["compile", *words[1:]]
    if arguments[0] not in COMMANDS:
        return part
    got = _run(arguments)
    return part if _agrees(shown, got) else f"{first}\n{got}"


def _run(arguments: list[str]) -> str:
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.suppress(SystemExit),  # argparse: wrong usage
    ):
        main(arguments)
    here = printed.getvalue().replace(f"{ROOT}/", "")  # as if run in the checkout
    return re.sub(r"[ ]+\n", "\n", here)


def _agrees(shown: str, got: str) -> bool:
    parts = re.split(r"(?m)^\.\.\.\n", shown)
    return re.fullmatch("(?s:.*)".join(map(re.escape, parts)), got) is not None


def printed_by(block: Block) -> str:
    """What a Python block prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * block.line + block.text, str(block.page), "exec"), {})
    return printed.getvalue()


def habits_table(page: str) -> str:
    """A page with the table of words from habit between its markers."""
    lines = ["| typed | what to write here |", "|---|---|"]
    for place, table in PLACES.items():
        lines.append(f"| **{place}** | |")
        for words, hint in table.items():
            typed = ", ".join(f"`{word}`" for word in words)
            lines.append(f"| {typed} | {hint} |".replace("||", r"\|\|").replace("`|", r"`\|"))
    return _HABITS.sub(lambda _: "\n".join(lines) + "\n", page)


def update(page: Path) -> None:
    """Rewrite what the blocks of a page give."""
    text = page.read_text(encoding="utf-8")
    found = blocks(page, text)
    new: list[tuple[tuple[int, int], str]] = []
    with tempfile.TemporaryDirectory() as folder, workplace(found, Path(folder)):
        for block in found:
            if block.kind == "console":
                new.append((block.span, transcript(block.text)))
            elif block.result and block.kind in ("mgspec-error", "mgspec-warning"):
                new.append((block.result.span, messages(block)))
            elif block.result and block.kind == "python":
                new.append((block.result.span, printed_by(block)))
    for (start, end), instead in reversed(new):
        text = text[:start] + instead + text[end:]
    page.write_text(habits_table(text), encoding="utf-8")


if __name__ == "__main__":
    for name in map(Path, sys.argv[1:] or PAGES):
        update(name)
        for block in blocks(name, name.read_text(encoding="utf-8")):
            if block.kind == "mgspec" and messages(block):
                print(block, messages(block), sep="\n")
