"""Source text, places in it, and the one error that a user's input can cause."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

TAB = "    "


@dataclass(frozen=True)
class Source:
    """A text and the name it is reported under (a path, or ``<stdin>``)."""

    name: str
    text: str = field(repr=False)

    @staticmethod
    def read(path: str) -> Source:
        """The text of a file, or of standard input for ``-``.

        Raises:
            SpecError: it cannot be read, or is no text.
        """
        name = "<stdin>" if path == "-" else path
        try:
            data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
            return Source(name, data.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise SpecError(f"{name} is no UTF-8 text (byte {error.start})") from None
        except OSError as error:
            raise SpecError(f"{name} cannot be read: {error.strerror}") from None

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

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.place(self.start)
        return f"{self.source.name}:{line}:{column}"

    def excerpt(self) -> str:
        """The source line with carets under the exact text."""
        line = self.source.line(self.start)
        _, column = self.source.place(self.start)
        width = max(1, min(self.end - self.start, len(line) - column + 1))
        before = line[: column - 1].replace("\t", TAB)
        marked = line[column - 1 : column - 1 + width].replace("\t", TAB)
        number = str(self.source.place(self.start)[0])
        shown = line.replace("\t", TAB)
        return (
            f" {number} | {shown}\n"
            f" {' ' * len(number)} | {' ' * len(before)}{'^' * max(1, len(marked))}"
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


@dataclass(frozen=True)
class Caution:
    """Something legal that is probably not meant."""

    message: str
    span: Span | None = None
    hint: str | None = None
    notes: tuple[Note, ...] = ()

    def __str__(self) -> str:
        return render("warning", self.message, self.span, self.hint, self.notes)


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
    return "\n".join(lines)
