"""Source text, places in it, and the one error that a user's input can cause."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

from mgiad_dsl.base.printable import printable

MAX_SIZE = 65_536
MAX_SHOWN = 160  # characters of a source line in a message
TAB = "    "


@dataclass(frozen=True)
class Source:
    """A text and the name it is reported under (a path, or ``<stdin>``)."""

    name: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: str) -> Source:
        """The text of a file; ``-`` is standard input.

        Raises:
            SpecError: there is no such file, or it is no text, or too large.
        """
        try:
            if path == "-":
                name, data = "<stdin>", sys.stdin.buffer.read(MAX_SIZE + 1)
            else:
                with open(path, "rb") as file:
                    name, data = path, file.read(MAX_SIZE + 1)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            reason = getattr(error, "strerror", None) or str(error)
            raise SpecError(f"{path} cannot be read: {reason}") from None
        if len(data) > MAX_SIZE:
            raise too_large(name)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise SpecError(
                f"{name} is not UTF-8 text: byte 0x{data[error.start]:02x} in line {line}",
                hint="is this a spec?",
            ) from None
        return cls(name, text.replace("\r\n", "\n").replace("\r", "\n"))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column (both from 1) of a character offset."""
        line = self.text.count("\n", 0, offset) + 1
        start = self.text.rfind("\n", 0, offset) + 1
        return line, offset - start + 1

    def line(self, offset: int) -> str:
        """The whole line around an offset, without its line break."""
        start = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


@dataclass(frozen=True)
class Span:
    """A stretch ``start:end`` (character offsets) of a source."""

    source: Source = field(repr=False)
    start: int
    end: int

    def __hash__(self) -> int:
        return self.start  # asked at every equation that runs

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.place(self.start)
        return f"{self.source.name}:{line}:{column}"

    def find(self, word: str) -> Span:
        """The first place of a word in this stretch."""
        match = re.search(rf"\b{re.escape(word)}\b", self.text)
        at = self.start + (match.start() if match else 0)
        return Span(self.source, at, at + len(word))

    def excerpt(self) -> str:
        """The source line with carets under the exact text."""
        text = self.source.line(self.start)
        line, column = self.source.place(self.start)
        first, last = column - 1, column - 1 + self.end - self.start
        crop = max(0, first - MAX_SHOWN // 2)
        before = ("..." if crop else "") + _visible(text[crop:first])
        marked = _visible(text[first : min(last, crop + MAX_SHOWN)])
        after = _visible(text[last : crop + MAX_SHOWN])
        more = "..." if len(text) > crop + MAX_SHOWN else ""
        margin = " " * len(str(line))
        return (
            f" {line} | {before}{marked}{after}{more}\n"
            f" {margin} | {' ' * len(before)}{'^' * max(1, len(marked))}"
        )


@dataclass(frozen=True)
class Note:
    """A second place that helps to understand a message."""

    message: str
    span: Span | None = None


class SpecError(Exception):
    """What is wrong in a user's input, where, and how to mend it.

    ``others`` holds further, independent errors found in the same run; ``str`` renders
    all of them. ``span`` is None for what stands in no text (a missing file, a wrong
    ``--set``).
    """

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        *,
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
        others: tuple[SpecError, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint
        self.notes = notes
        self.others = others

    def __str__(self) -> str:
        own = render("error", self.message, self.span, self.hint, self.notes)
        return "\n\n".join([own, *(str(other) for other in self.others)])


class LimitError(SpecError):
    """A spec is too large to go on with."""


class CompilerError(AssertionError):
    """The compiler made a mistake, which no input excuses."""


@dataclass(frozen=True)
class Caution:
    """Something legal that is probably not meant."""

    message: str
    span: Span | None = None
    hint: str | None = None
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        return render("warning", self.message, self.span, self.hint, self.notes)


def too_large(name: str) -> SpecError:
    return SpecError(
        f"{name} is too large: a spec has at most {MAX_SIZE:,} bytes", hint="is this a spec?"
    )


def _visible(text: str) -> str:
    """Text that may be shown on a terminal: no tabs, no control characters."""
    return "".join(c if c.isprintable() else "\N{MIDDLE DOT}" for c in text.replace("\t", TAB))


def render(
    severity: str, message: str, span: Span | None, hint: str | None, notes: tuple[Note, ...]
) -> str:
    """``file:line:col: severity: message``, the line, a caret, notes and a hint."""
    lines = [f"{span}: {severity}: {message}" if span else f"{severity}: {message}"]
    if span:
        lines.append(span.excerpt())
    for note in notes:
        place = f" ({note.span})" if note.span else ""
        lines.append(f"  note: {note.message}{place}")
    if hint:
        lines.append(f"  hint: {hint}")
    return printable("\n".join(lines))  # names of files and texts of --set stand in messages
