"""Places, excerpts and the rendering of errors."""

import pytest

from mgiad_dsl.base.source import MAX_SHOWN, Caution, Note, Source, Span, SpecError

TEXT = Source("net.mgspec", "one two\n\tthree four\nlast")


def span(word: str, source: Source = TEXT) -> Span:
    at = source.text.index(word)
    return Span(source, at, at + len(word))


@pytest.mark.parametrize(
    ("word", "place"), [("one", "1:1"), ("two", "1:5"), ("three", "2:2"), ("last", "3:1")]
)
def test_place(word: str, place: str) -> None:
    assert str(span(word)) == f"net.mgspec:{place}"


def test_excerpt_marks_exactly_the_text() -> None:
    assert span("two").excerpt() == " 1 | one two\n   |     ^^^"


def test_excerpt_with_a_tab_stays_aligned() -> None:
    assert span("four").excerpt() == " 2 |     three four\n   |           ^^^^"


def test_excerpt_of_several_lines_ends_with_the_first() -> None:
    assert span("two\n\tthree").excerpt() == " 1 | one two\n   |     ^^^"


def test_excerpt_behind_the_end() -> None:
    end = len(TEXT.text)
    assert Span(TEXT, end, end + 1).excerpt() == " 3 | last\n   |     ^"


def test_excerpt_of_a_long_line_is_cut() -> None:
    source = Source("long", "a" * 500 + " here " + "b" * 500)
    shown, carets = span("here", source).excerpt().split("\n")
    assert len(shown) < MAX_SHOWN + 20
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "here"


def test_excerpt_shows_no_control_characters() -> None:
    source = Source("bad", "a\x1b[31m\u202eb")
    assert "\x1b" not in span("b", source).excerpt()
    assert "\u202e" not in span("b", source).excerpt()


def test_find_a_word() -> None:
    inside = span("three four")
    assert inside.find("four") == span("four")
    assert inside.find("fou") == Span(TEXT, inside.start, inside.start + 3)  # no such word


def test_error_says_everything() -> None:
    error = SpecError(
        "wrong", span("two"), hint="mend it", notes=(Note("see", span("last")), Note("also"))
    )
    assert str(error) == (
        "net.mgspec:1:5: error: wrong\n"
        " 1 | one two\n"
        "   |     ^^^\n"
        "  note: see (net.mgspec:3:1)\n"
        "  note: also\n"
        "  hint: mend it"
    )


def test_errors_of_one_run_follow_each_other() -> None:
    error = SpecError("first", others=(SpecError("second"),))
    assert str(error) == "error: first\n\nerror: second"


def test_warning() -> None:
    assert str(Caution("odd")) == "warning: odd"
