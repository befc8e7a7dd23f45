"""Gathers what is wrong in one run, so that all independent errors are shown together."""

from __future__ import annotations

from mgiad_dsl.source import Caution, Span, SpecError

MAX_ERRORS = 20


class Report:
    """Errors and warnings in the order they were found, each place and message once.

    ``faulty`` holds the spans of statements and declarations with an error: a later stage
    passes over what depends on them in silence.
    """

    def __init__(self) -> None:
        self.errors: list[SpecError] = []
        self.warnings: list[Caution] = []
        self.faulty: set[tuple[int, int]] = set()
        self._seen: set[tuple[str, str]] = set()

    def error(self, error: SpecError) -> None:
        if self._new(error.message, error.span):
            self.errors.append(error)

    def warn(self, warning: Caution) -> None:
        if self._new(warning.message, warning.span):
            self.warnings.append(warning)

    def mark(self, span: Span) -> None:
        self.faulty.add((span.start, span.end))

    def is_faulty(self, span: Span) -> bool:
        return (span.start, span.end) in self.faulty

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

    def _new(self, message: str, span: Span | None) -> bool:
        # One line runs many times in an unrolled cycle: say it once.
        key = (message, "") if span is None else ("", f"{span.start}:{span.end}")
        if key in self._seen:
            return False
        self._seen.add(key)
        return True
