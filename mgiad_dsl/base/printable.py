"""Text that a terminal shows as it is: nothing that moves the cursor, colours or reorders."""

from __future__ import annotations

import re
from unicodedata import category

# Control characters, formats (bidirectional controls among them), surrogates, line separators.
_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_KEPT = "\n\t\r"


def find_unsafe(text: str) -> int | None:
    """Where the first character stands that a terminal must not get."""
    if text.isprintable():  # nearly every text is: the fast way
        return None
    return next((at for at, sign in enumerate(text) if _is_unsafe(sign)), None)


def printable(text: str) -> str:
    """The text with all such characters escaped: ``\\x1b[31m``. Line breaks and tabs stay."""
    return re.sub(r"[^ -~\n\t]", lambda match: _escaped(match[0]), text)


def _is_unsafe(sign: str) -> bool:
    return category(sign) in _UNSAFE and sign not in _KEPT


def _escaped(sign: str) -> str:
    return ascii(sign)[1:-1] if _is_unsafe(sign) or sign == "\r" else sign
