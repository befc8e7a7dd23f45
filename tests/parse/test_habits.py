"""Words from habit: each in a spec, with its exact message, the caret under the word, its hint."""

import re
from collections.abc import Callable, Iterator

import pytest

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.compiler import compile_source
from mgiad_dsl.language import habits
from mgiad_dsl.language.habits import Table, habit
from mgiad_dsl.language.kinds import KIND_NAMES
from mgiad_dsl.parse import parse
from mgiad_dsl.parse.grammar import reserved_words

SPEC = """network n(c = 4)
let d = 2
input image : 3 x 16 x 16
levels l in 1..2 : resolution
spaces u[l], f[l] : c channels
operators {
    S[i] : image -> u[1]   conv 3x3
    A[l] : u[l]  -> f[l]   conv 3x3
    R    : f[l]  -> f[l+1] conv 3x3 stride 2
    n[*] : batchnorm
    p    : maxpool 2x2
}
start { u[1] = S[1](image) f[1] = A[1](u[1]) }
cycle over l : backslash {
    smooth { f[l] = n(f[l] - A[l](u[l])) }
    coarsen { f[l+1] = R(f[l])   u[l+1] = 0 }
}
output y = f[2]
"""

# Where a word is put: an old text of the spec, and a new one with the word in place of `_`.
KIND = ("conv 3x3\n    R", "_ 3x3\n    R")
NO_SIGNATURE = ("n[*] : batchnorm", "n[*] : _")
BEHIND = ("conv 3x3\n    R", "conv 3x3 _\n    R")
CALL = ("R(f[l])", "_(f[l])")
VALUE = ("d = 2", "d = _")
BEHIND_VALUE = ("d = 2", "d = 2 _ 2")
EQUATION = ("f[1] = A", "_ A")
ITEM = ("let d = 2", "_ d")
PART = ("smooth {", "_ {")

SIGNS = {
    "//": ("let d = 2", "// d"), "/*": ("let d = 2", "/* d"),
    ",": ("d = 2", "d = 2,"),
    "!": ("d = 2", "d = ! 2"), "¬": ("d = 2", "d = ¬ 2"),
    ":=": ("d = 2", "d := 2"), "<-": ("d = 2", "d <- 2"),
    "←": ("d = 2", "d ← 2"), "==": ("d = 2", "d == 2"),
    "=>": ("A[l] : u[l]  ->", "A[l] : u[l] =>"), "-->": ("A[l] : u[l]  ->", "A[l] : u[l] -->"),
    "→": ("A[l] : u[l]  ->", "A[l] : u[l] →"), r"\to": ("A[l] : u[l]  ->", r"A[l] : u[l] \to"),
    "...": ("1..2", "1...2"), "…": ("1..2", "1…2"),
    "+=": EQUATION, "-=": EQUATION, "*=": EQUATION, "/=": EQUATION,
    "][": ("A[l](u[l])", "A[l](u[l][1])"), "] [": ("A[1](", "A[1] [1]("),
    "_{": ("A[1](", "A_{1}("), "^{": ("A[1](", "A^{1}("),
    "∈": ("l in", "l ∈"), "'": ("d = 2", "d = 'a'"), "\\": ("backslash", "\\"),
}  # fmt: skip

# Forms: what is put, and what of it the caret marks.
FORMS = {
    "3*16*16": ("3 x 16 x 16", "3*16*16", "3*16*16"),
    "(3, 3)": ("3 x 16 x 16", "(3, 16, 16)", ","),
    "[3, 3]": ("3 x 16 x 16", "[3, 16, 16]", "[3, 16, 16]"),
    "3, 3": ("conv 3x3\n    R", "conv 3, 3\n    R", ","),
    "maxpool k x k": ("maxpool 2x2", "maxpool d x d", "d"),
    "upsample k": ("maxpool 2x2", "upsample d", "d"),
    "conv(3x3)": ("conv 3x3\n    R", "conv(3x3)\n    R", "x"),
    "(64, 128)": ("d = 2", "d = (64, 128)", ","),
    "{64, 128}": ("d = 2", "d = {64, 128}", "{"),
    "2,750,666": ("d = 2", "d = 2,750,666", ","),
    "kernel_size=2": ("R(f[l])", "maxpool(f[l], kernel_size=2)", "kernel_size=2"),
    "inplace=True": ("R(f[l])", "relu(f[l], inplace=True)", "inplace=True"),
    "maxpool(r, 2x2, stride 2)": ("R(f[l])", "maxpool(f[l], 2x2, stride 2)", "stride"),
    "relu()(r)": ("R(f[l])", "relu()(f[l])", "("),
    "B(l, i)(r)": ("R(f[l])", "A(l, l)(f[l])", "("),
    "network n {": ("n(c = 4)", "n(c = 4) { }", "{"),
    "a = b ?": ("d = 2", "d = c = 2 ? 3 : 4", "="),
    "c = 8": ("let d = 2", "c = 8", "c"),
    ".5": ("d = 2", "d = .5", ".5"),
    "1.": ("d = 2", "d = 1.", "1."),
    "self.A": ("R(f[l])", "self.R(f[l])", "self.R"),
    "nn.A": ("R(f[l])", "nn.R(f[l])", "nn.R"),
    "A u": ("A[1](u[1])", "A[1] u[1]", "u[1]"),
    "2 u": ("d = 2", "d = 2 c", "c"),
    '"V"': ("backslash", '"V"', '"V"'),
}  # fmt: skip


def error_of(old: str, new: str) -> SpecError:
    """The first error of the spec with one text in place of another."""
    assert old in SPEC, old
    with pytest.raises(SpecError) as caught:
        compile_source(Source("n.mgspec", SPEC.replace(old, new, 1)))
    return caught.value


def cases() -> Iterator[tuple[Table, str, str, str, str]]:
    """A table, a word of it, what of the spec is replaced by what, and where the caret is."""
    for word in _words(habits.SIGNS):
        place = SIGNS.get(word, BEHIND_VALUE)
        yield habits.SIGNS, word, *_put(word, place)
    for word in _words(habits.KINDS):
        if word not in KIND_NAMES:
            yield habits.KINDS, word, *_put(word, KIND)
        if word not in reserved_words():
            yield habits.KINDS, word, *_put(word, NO_SIGNATURE)
            yield habits.KINDS, word, *_put(word, CALL)
    for table in (habits.OPTIONS, habits.STARTS, habits.BEHIND):
        for word in _words(table):
            yield table, word, *_put(word, BEHIND)
    for word in _words(habits.NAMES):
        yield habits.NAMES, word, *_put(word, VALUE)
    for word in _words(habits.KEYWORDS):
        yield habits.KEYWORDS, word, *_put(word, BEHIND_VALUE)
    for word in _words(habits.ITEMS):
        yield habits.ITEMS, word, *_put(word, ITEM)
    for word in _words(habits.PARTS):
        yield habits.PARTS, word, *_put(word, PART)
    for form, (old, new, marked) in FORMS.items():
        yield habits.FORMS, form, old, new, marked


def _words(table: Table) -> Iterator[str]:
    return (word for words in table for word in words)


def _put(word: str, place: tuple[str, str]) -> tuple[str, str, str]:
    old, new = place
    return old, re.sub(r"(?<!\w)_(?!\w|\{)", lambda _: word, new), word


@pytest.mark.parametrize(
    ("table", "word", "old", "new", "marked"),
    [pytest.param(*case, id=f"{case[1]} in {case[3]!r}") for case in cases()],
)
def test_hint_and_caret(table: Table, word: str, old: str, new: str, marked: str) -> None:
    error = error_of(old, new)
    assert error.span is not None
    assert error.span.text == marked
    assert error.hint == habit(word, table)


def test_all_forms_are_tried() -> None:
    assert set(FORMS) == set(_words(habits.FORMS))


def test_messages(golden: Callable[[str, str], None]) -> None:
    """All of them, as they are shown."""
    shown = [f"{error_of(old, new)}\n" for _, _, old, new, _ in cases()]
    golden("habits.txt", "\n".join(shown))


def test_what_was_typed_stands_in_the_hint() -> None:
    assert (
        error_of("3 x 16 x 16", "c*d*(d+1)").hint == "sizes stand with `x` between: `c x d x (d+1)`"
    )
    old, new = BEHIND
    for typed, mend in {
        "pad=2": "pad 2",
        "dilation: 3": "dilation 3",
        "stride = d": "stride d",
    }.items():
        error = error_of(old, new.replace("_", typed))
        assert error.message == f"`conv` has no `{typed}`"
        assert error.hint == f"an option has no `=`: `{mend}`"


INIT = "write `init kaiming`, `init uniform`, `init xavier` or `init zero`"
NEEDED = "`init` needs what the weights start from, on its line"


@pytest.mark.parametrize(
    ("typed", "kind", "message", "hint"),
    [
        ("foo", "conv 3x3", "`conv` has no `foo`", None),
        ("foo 2", "conv 3x3 bias", "`conv` has no `foo`", None),
        ("foo=2", "conv 3x3 stride 2", "`conv` has no `foo=2`", None),
        ("depthwis", "conv 3x3", "`conv` has no `depthwis`", "did you mean `depthwise`?"),
        ("strides 2", "conv 3x3", "`conv` has no `strides`", "did you mean `stride`?"),
        ("depthwise=True", "conv 3x3", "`conv` has no `depthwise=True`", "write `depthwise`"),
        ("padding='same'", "conv 3x3", "`conv` has no `padding='same'`",
         "leave it out: the size is kept at stride 1"),
        ("pad=valid", "conv 3x3", "`conv` has no `pad=valid`", "write `pad 0`"),
        ("8", "groupnorm", "`groupnorm` has no `8`", "`groupnorm` takes group_size"),
        ("foo", "linear", "`linear` has no `foo`", "`linear` takes init"),
        ("stride=2", "linear", "`linear` has no `stride=2`", "`linear` takes init"),
        ("same", "linear", "`linear` has no `same`", "`linear` takes init"),
        ("init", "conv 3x3", NEEDED, INIT),
        ("init", "linear", NEEDED, INIT),
        ("init # zero", "conv 3x3", NEEDED, INIT),
        ("init -1", "conv 3x3", NEEDED, INIT),
        ("init stride 2", "conv 3x3", NEEDED, INIT),
        ("init", "batchnorm", "`batchnorm` has no `init`", "`batchnorm` takes no options"),
        ("kernel_initializer='he_normal'", "linear",
         "`linear` has no `kernel_initializer='he_normal'`", "write `init kaiming`"),
        ("init=zero", "linear", "`linear` has no `init=zero`", "an option has no `=`: `init zero`"),
        ("xavier", "conv 3x3 bias", "`conv` has no `xavier`", "write `init xavier`"),
        ("xavier", "stencil [[1]] fixed", "`stencil` has no `xavier`", None),
        ("init zero", "avgpool 2x2", "`avgpool` has no `init`", "`avgpool` takes pad, stride"),
        ("cubic", "upsample 2", "`upsample` has no `cubic`", None),
        ("relu", "conv 3x3", "`conv` has no `relu`", "an activation is `relu(r)`, in an equation"),
        ("hard_swish", "conv 3x3", "`conv` has no `hard_swish`",
         "an activation is `hardswish(r)`, in an equation"),
    ],
)  # fmt: skip
def test_unknown_options(typed: str, kind: str, message: str, hint: str | None) -> None:
    error = error_of("conv 3x3\n    R", f"{kind} {typed}\n    R")
    assert error.message == message
    assert hint is None or error.hint == hint
    if hint is None:
        assert error.hint is not None
        assert error.hint.startswith(f"`{kind.split()[0]}` takes ")
    last = error_of("conv 3x3 stride 2", f"{kind} {typed}")
    assert (last.message, last.hint) == (error.message, error.hint)


def test_options_of_a_window() -> None:
    error = error_of("R(f[l])", "maxpool(avgpool(f[l], 2x2), 3x3 foo 2)")
    assert (error.message, error.hint) == ("`maxpool` has no `foo`", "`maxpool` takes pad, stride")
    error = error_of("R(f[l])", "maxpool(f[l], 3x3 stride=2)")
    assert error.hint == "an option has no `=`: `stride 2`"


def test_the_next_operator_is_no_option() -> None:
    """A name on a line of its own begins an operator, and one with a colon does so anywhere."""
    error = error_of("R    : f[l]", "same f[l]")
    assert error.message == "`f` cannot stand here"
    parse(Source("n", SPEC.replace("conv 3x3\n    R ", "conv 3x3 same")))


@pytest.mark.parametrize("word", ["same", "padding", "s2", "for", "if", "flatten", "bn", "down"])
def test_words_from_habit_are_names(word: str) -> None:
    text = re.sub(r"\bR\b", word, SPEC)
    assert compile_source(Source("n.mgspec", text)).count.weights > 0


def test_an_unknown_kind() -> None:
    for place in (KIND, NO_SIGNATURE):
        error = error_of(*place[:1], place[1].replace("_", "foo"))
        assert error.message == "`foo` is no kind of operator"
        assert error.hint == "the kinds are " + ", ".join(sorted(KIND_NAMES))
        near = error_of(*place[:1], place[1].replace("_", "layer_norn"))
        assert near.hint == "did you mean `layernorm`?"


@pytest.mark.parametrize("kind", sorted({*KIND_NAMES} - {"avgpool", "maxpool", "upsample"}))
def test_a_kind_is_no_function(kind: str) -> None:
    error = error_of("R(f[l])", f"{kind}(f[l])")
    assert error.message == f"`{kind}` is not declared"
    assert error.hint == habit(kind, habits.KINDS)
    assert error.hint is not None


@pytest.mark.parametrize("typed", ["nn.BatchNorm2d(f[l])", "F.relu(f[l])", "f[l].relu()"])
def test_a_point(typed: str) -> None:
    error = error_of("R(f[l])", typed)
    what = "BatchNorm2d" if "Batch" in typed else None
    hint = habit(what, habits.KINDS) if what else "an activation is `relu(r)`, in an equation"
    assert error.hint == hint


@pytest.mark.parametrize(
    ("typed", "mend"), [("A_l(f[l])", "A[l]"), ("S_1(image)", "S[1]"), ("A_l_i(f[l])", "A[l,i]")]
)
def test_an_index_behind_a_line(typed: str, mend: str) -> None:
    assert error_of("R(f[l])", typed).hint == f"indices stand in brackets: `{mend}`"


def test_arguments_of_what_is_no_function() -> None:
    error = error_of("R(f[l])", "softmax(f[l], dim=1)")
    assert error.span is not None
    assert (error.span.text, error.hint) == ("softmax", habit("softmax", habits.NAMES))


def test_a_norm_that_is_not_new_at_every_use() -> None:
    text = SPEC.replace("n[*]", "n").replace("c channels", "c * l channels")
    with pytest.raises(SpecError) as caught:
        compile_source(Source("n.mgspec", text))
    assert caught.value.message.startswith("two uses of `n` share weights but differ")
    assert caught.value.hint == "write `n[*]` for a new norm at every use"


def test_words_in_comments_and_texts_are_none() -> None:
    error = error_of("d = 2", "d = 2 +  # for ** if\n")
    assert error.message == "`input` cannot stand here"


def test_examples_in_hints_are_of_the_language() -> None:
    """Of operators, where their kind is one."""
    hints = [hint for table in habits.PLACES.values() for hint in table.values()]
    codes = [code for hint in hints for code in re.findall(r"`(\S+ : [^`]*)`", hint)]
    known = [code for code in codes if set(code.split()) & set(KIND_NAMES)]
    assert len(known) > 10
    for code in known:
        parse(Source("hint", f"network n operators {{ {code} }}"))
