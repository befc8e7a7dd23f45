"""Gathers what is wrong in one run, so that all independent errors are shown together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mgiad_dsl.base.source import Caution, Span, SpecError

MAX_ERRORS = 20


class PoisonedError(Exception):
    """A value that an error reported before left undefined; passed over in silence."""


class Report:
    """Errors and warnings in the order they were found, each place once.

    ``found`` counts all errors, also those that are not shown again.
    """

    def __init__(self) -> None:
        self.errors: list[SpecError] = []
        self.warnings: list[Caution] = []
        self.found = 0
        self._seen: set[str] = set()

    def error(self, error: SpecError, cause: str | None = None) -> None:
        """Note an error; of those with one ``cause`` only the first is shown."""
        self.found += 1
        if self._new(cause or _place(error.message, error.span)):
            self.errors.append(error)

    @property
    def full(self) -> bool:
        """Whether more errors would not be shown."""
        return len(self.errors) > MAX_ERRORS

    def warn(self, warning: Caution) -> None:
        if self._new(_place(warning.message, warning.span)):
            self.warnings.append(warning)

    @contextmanager
    def catch(self, cause: str | None = None) -> Iterator[None]:
        """Note an error that is raised inside, and go on behind it; ``cause`` as in `error`."""
        try:
            yield
        except SpecError as error:
            self.error(error, cause)

    def ordered_warnings(self) -> tuple[Caution, ...]:
        """All warnings, in the order of their lines."""
        return tuple(sorted(self.warnings, key=lambda w: w.span.start if w.span else -1))

    def raise_errors(self) -> None:
        """Raise all errors found so far, in the order of their lines, as one."""
        if not self.errors:
            return
        ordered = sorted(self.errors, key=lambda e: e.span.start if e.span else -1)
        first, *others = ordered[:MAX_ERRORS]
        if len(ordered) > MAX_ERRORS:
            others.append(SpecError(f"{len(ordered) - MAX_ERRORS} more errors are not shown"))
        raise SpecError(
            first.message,
            first.span,
            hint=first.hint,
            notes=first.notes,
            others=tuple(others),
        )

    def _new(self, cause: str) -> bool:
        if cause in self._seen:
            return False
        self._seen.add(cause)
        return True


def _place(message: str, span: Span | None) -> str:
    # One line runs many times in an unrolled cycle: say it once.
    return f"{span.start}:{span.end}" if span else message
