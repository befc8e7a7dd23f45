"""Which equations and declarations are wrong, so that lowering goes on with all others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Span


class Faults:
    """Notes every part of a spec in which an error is found, repeated ones too.

    ``fatal`` says that an error stands outside all parts and leaves nothing to lower.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._spans: set[Span] = set()
        self._inside = 0  # errors found in parts
        self._depth = 0

    @contextmanager
    def within(self, part: Span) -> Iterator[None]:
        """Errors found inside belong to this part."""
        before = self._report.found
        self._depth += 1
        yield
        self._depth -= 1
        found = self._report.found - before
        if found:
            self._spans.add(part)
        if not self._depth:
            self._inside += found

    @property
    def spans(self) -> frozenset[Span]:
        return frozenset(self._spans)

    @property
    def fatal(self) -> bool:
        return self._report.found > self._inside
