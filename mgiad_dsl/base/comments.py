"""Comments of a spec: from ``#`` to the end of the line."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"#[^\n]*")


def without_comments(text: str) -> str:
    """The text with its comments left out; line breaks stay."""
    return _COMMENT.sub("", text)
