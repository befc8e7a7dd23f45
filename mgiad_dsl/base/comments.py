"""Comments of a spec: from ``#`` to the end of the line."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"#[^\n]*")


def without_comments(text: str) -> str:
    """The text with blanks for its comments, so that all else keeps its place."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
