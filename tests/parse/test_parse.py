"""Texts and their trees."""

from fractions import Fraction

import pytest

from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.parse import parse, parse_value
from mgiad_dsl.parse.grammar import reserved_words


def spec(text: str) -> ast.Spec:
    return parse(Source("net.mgspec", f"network net\n{text}"))


def value(text: str) -> ast.Expr:
    return parse_value(Source("value", text))


def shape(expr: object) -> object:
    """An expression as nested tuples, to compare how it was grouped."""
    match expr:
        case ast.Number(number):
            return int(number) if number.denominator == 1 else number
        case ast.Boolean(boolean):
            return boolean
        case ast.Name(name):
            return name
        case ast.Index(name, indices):
            return (name, [shape(i) for i in indices])
        case ast.Call(function, arguments):
            return ("call", shape(function), *map(shape, arguments))
        case ast.List(items):
            return [shape(item) for item in items]
        case ast.Unary(sign, operand):
            return (sign, shape(operand))
        case ast.Binary(left, sign, right):
            return (shape(left), sign, shape(right))
        case ast.Conditional(test, then, otherwise):
            return (shape(test), "?", shape(then), ":", shape(otherwise))
    raise AssertionError(expr)


def syntax_error(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        spec(text)
    return caught.value


# -- numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "exact", "unit"),
    [
        ("0", 0, 1),
        ("2_750_666", 2_750_666, 1),
        ("2_751k", 2_751_000, 1_000),
        ("8.2M", 8_200_000, 100_000),
        ("3M", 3_000_000, 1_000_000),
        ("1.40", Fraction(7, 5), Fraction(1, 100)),
        ("1e3", 1_000, 1_000),
        ("2.5e-1", Fraction(1, 4), Fraction(1, 100)),
        ("0.1", Fraction(1, 10), Fraction(1, 10)),
    ],
)
def test_number_is_exact_and_knows_its_last_digit(
    text: str, exact: Fraction, unit: Fraction
) -> None:
    number = value(text)
    assert isinstance(number, ast.Number)
    assert (number.value, number.unit) == (exact, unit)


@pytest.mark.parametrize("text", ["1.", ".5", "1e", "1kM", "2kk", "1__", "0x10", "1e999", "٣"])
def test_no_number(text: str) -> None:
    if text == "1__":
        assert shape(value(text)) == 1  # underscores may stand anywhere behind a digit
        return
    with pytest.raises(SpecError):
        value(text)


# -- the letter x ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "height", "width"),
    [
        ("3x3", 3, 3),
        ("3 x 3", 3, 3),
        ("3x5", 3, 5),
        ("stem x stem", "stem", "stem"),
        ("x3 x x_1", "x3", "x_1"),
        ("x3x3 x 3", "x3x3", 3),
        ("3x k", 3, "k"),
        ("(k)x(k)", "k", "k"),
        ("(k+1)x3", ("k", "+", 1), 3),
        ("s[1]x3", ("s", [1]), 3),
        ("s[1] x s[2]", ("s", [1]), ("s", [2])),
        ("k x3", None, None),
        ("2*k x max x", None, None),
    ],
)
def test_x_between_sizes(text: str, height: object, width: object) -> None:
    source = f"operators {{ A : u -> u conv {text} }}"
    if height is None:
        syntax_error(source)
        return
    dims = spec(source).operators[0].kind.argument
    assert isinstance(dims, ast.Dims)
    assert tuple(map(shape, dims.numbers)) == (height, width)


def test_x_in_names() -> None:
    lets = spec("let x3 = 1 let max_x = x3 let xx = ax let ax = 2").lets
    assert [let.declared.name for let in lets] == ["x3", "max_x", "xx", "ax"]


def test_x_of_an_input() -> None:
    declared = spec("input image : c x (2^L - 1)x(n)").inputs[0]
    assert shape(declared.channels) == "c"
    assert list(map(shape, declared.size)) == [((2, "^", "L"), "-", 1), "n"]


# -- words inside names ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["strides", "inputs", "over_all", "letter", "in_", "not_", "size"])
def test_a_word_may_begin_a_name(name: str) -> None:
    assert spec(f"let {name} = 1").lets[0].declared.name == name
    assert shape(value(f"{name} + 1")) == (name, "+", 1)


def test_network_is_a_word_of_its_own() -> None:
    with pytest.raises(SpecError):
        parse(Source("net", "networks net"))


def test_reserved_words() -> None:
    assert {"stride", "smooth", "true", "network"} <= reserved_words()
    assert not {"size", "x"} & reserved_words()


# -- expressions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("1 + 2 * 3", (1, "+", (2, "*", 3))),
        ("1 - 2 - 3", ((1, "-", 2), "-", 3)),
        ("8 / 4 / 2", ((8, "/", 4), "/", 2)),
        ("2 ^ 3 ^ 2", (2, "^", (3, "^", 2))),
        ("-2 ^ 2", ("-", (2, "^", 2))),
        ("2 ^ -1", (2, "^", ("-", 1))),
        ("a - -b", ("a", "-", ("-", "b"))),
        ("not a == b", ("not", ("a", "==", "b"))),
        ("a or b and c", ("a", "or", ("b", "and", "c"))),
        ("a and not b", ("a", "and", ("not", "b"))),
        ("a < b + 1", ("a", "<", ("b", "+", 1))),
        ("a ? b : c ? d : e", ("a", "?", "b", ":", ("c", "?", "d", ":", "e"))),
        ("a ? b ? c : d : e", ("a", "?", ("b", "?", "c", ":", "d"), ":", "e")),
        ("(1 + 2) * 3", ((1, "+", 2), "*", 3)),
        ("f[l+1, i](u[l])", ("call", ("f", [("l", "+", 1), "i"]), ("u", ["l"]))),
        ("[1, [2, 3],]", [1, [2, 3]]),
        ("[]", []),
    ],
)
def test_grouping(text: str, grouped: object) -> None:
    assert shape(value(text)) == grouped


@pytest.mark.parametrize("text", ["a < b < c", "a == b == c", "1 +", "f(,)", "a ? b", "+1", "u[]"])
def test_no_expression(text: str) -> None:
    with pytest.raises(SpecError):
        value(text)


def test_arrow_is_no_minus() -> None:
    operator = spec("operators { A : u[l-1]->u[l] conv 3x3 }").operators[0]
    assert [shape(side) for side in operator.domains] == [("u", [("l", "-", 1)])]
    assert shape(operator.codomain) == ("u", ["l"])


def test_several_domains() -> None:
    operator = spec("operators { A[l] : u[l], 3, f -> u[l] conv 3x3 }").operators[0]
    assert [shape(side) for side in operator.domains] == [("u", ["l"]), 3, "f"]
    assert shape(operator.codomain) == ("u", ["l"])


# -- declarations ----------------------------------------------------------------------------


def test_comments_and_layout_mean_nothing() -> None:
    one = spec("let a = 1 # one\nlet b = 2")
    two = spec("# before\n\n  let a\n =\t1 let b = 2\r\n#")
    assert one == two


def test_header() -> None:
    with_version = parse(Source("net", "# first\nmgspec 1\n\nnetwork net(a = 1, b = V,)"))
    assert [p.name for p in with_version.parameters] == ["a", "b"]
    assert with_version == parse(Source("net", "network net(a = 1, b = V)"))


def test_spaces() -> None:
    line = spec("spaces u[l] = old[l], f[l] : c[l] channels, size 2^l x 3").spaces[0]
    assert [[d.name for d in same] for same in line.names] == [["u", "old"], ["f"]]
    assert line.size is not None
    assert list(map(shape, line.size.numbers)) == [(2, "^", "l"), 3]
    assert spec("spaces u : 3 channels").spaces[0].size is None


def test_optional_arguments_do_not_swallow_the_next_operator() -> None:
    kinds = [
        operator.kind
        for operator in spec(
            "operators { p : avgpool q : maxpool 2x2 stride 2 r : upsample s : upsample 2 bilinear "
            "t : avgpool (k)x(k) v : batchnorm }"
        ).operators
    ]
    assert [kind.name for kind in kinds] == [
        "avgpool", "maxpool", "upsample", "upsample", "avgpool", "batchnorm",
    ]  # fmt: skip
    assert [kind.argument is None for kind in kinds] == [True, False, True, False, False, True]


def test_parts_of_a_cycle() -> None:
    parts = (
        spec(
            "cycle over l : V { smooth relax smooth 2 relax smooth n { } smooth i in 1..n relax "
            "smooth { } coarsen { } solve 2 * n relax }"
        )
        .cycles[0]
        .parts
    )
    assert [part.step.name if part.step else None for part in parts] == [
        "relax", "relax", None, "relax", None, None, "relax",
    ]  # fmt: skip
    assert [part.repeat is None for part in parts] == [True, False, False, False, True, True, False]
    assert parts[3].repeat is not None
    assert parts[3].repeat.index == "i"


def test_spans_are_the_exact_text() -> None:
    tree = spec("let c[l] = base[l] / 2\noperators { A[l] : u -> f conv 3x3 stride 2 }")
    assert tree.lets[0].value.span.text == "base[l] / 2"
    assert tree.lets[0].declared.span.text == "c[l]"
    assert tree.operators[0].kind.span.text == "conv 3x3 stride 2"
    assert tree.operators[0].kind.options[0].span.text == "stride 2"
    assert tree.span.text == "network net"


# -- errors ----------------------------------------------------------------------------------


def test_all_syntax_errors_of_a_file() -> None:
    error = syntax_error("let a = \nlet b = 1 1\nlet c = 3\ninput i : 3\noutput o = (a\n)b\n")
    places = [str(e.span) for e in (error, *error.others)]
    assert places == ["net.mgspec:3:1", "net.mgspec:3:11", "net.mgspec:6:1", "net.mgspec:7:2"]


def test_a_word_of_the_language_is_no_name() -> None:
    assert syntax_error("let a = \nlet b = 1").message == "`let` cannot stand here"
    for text in ("let stride = 1", "let a = depthwise", "output start = 1"):
        assert "is a word of the language" in syntax_error(text).message


def test_end_of_file_is_behind_the_last_word() -> None:
    assert str(syntax_error("let a =   \n\n").span) == "net.mgspec:2:8"


def test_another_version_is_told_before_its_syntax_errors() -> None:
    with pytest.raises(SpecError, match="mgspec 7 is not known"):
        parse(Source("net", "mgspec 7\nnetwork ! ? %"))
