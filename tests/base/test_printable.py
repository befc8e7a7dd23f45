"""What may reach a terminal as it is."""

import pytest

from mgiad_dsl.base.printable import find_unsafe, printable
from mgiad_dsl.base.source import Source, Span, SpecError

UNSAFE = ["\x00", "\x1b", "\x07", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\u2028", "\ud800"]


@pytest.mark.parametrize("sign", UNSAFE, ids=ascii)
def test_what_can_change_a_terminal_is_found_and_escaped(sign: str) -> None:
    assert find_unsafe(f"ab{sign}") == 2
    assert printable(f"ab{sign}") == f"ab{ascii(sign)[1:-1]}"


@pytest.mark.parametrize(
    "text", ["plain", "a\tb\nc", "\u00fc \u2013 \u4e2d \U0001f600", "a\u00a0b", ""]
)
def test_all_else_stays(text: str) -> None:
    assert find_unsafe(text) is None
    assert printable(text) == text


def test_a_carriage_return_is_read_but_not_shown() -> None:
    assert find_unsafe("a\r\n") is None
    assert printable("a\rb") == "a\\rb"


def test_messages_escape_names_and_settings() -> None:
    error = SpecError("no `\x1b[31m`", Span(Source("\u202e.mgspec", "ab"), 0, 1), hint="\x9b")
    assert str(error) == (
        "\\u202e.mgspec:1:1: error: no `\\x1b[31m`\n 1 | ab\n   | ^\n  hint: \\x9b"
    )
