"""What an operation stands between, and where its options are written."""

from __future__ import annotations

from dataclasses import dataclass

from mgiad_dsl.base.source import Span
from mgiad_dsl.graph.ops import Size
from mgiad_dsl.language import syntax as ast


@dataclass(frozen=True)
class Ends:
    """What an operation stands between: channels, the size it gets and the one it must give.

    ``rank`` is how many dimensions an image has, 0 of a vector. An operator that nothing applies
    may not know its ``size``, which then is empty.
    """

    label: str
    channels_in: int
    channels_out: int
    size: Size
    rank: int
    wanted: Size | None
    span: Span


def option_span(kind: ast.Kind, option: str) -> Span:
    """The place of an option; of the kind where it has none."""
    return next((o.span for o in kind.options if o.name == option), kind.span)
