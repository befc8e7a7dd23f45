"""Operators: options, groups, paddings, shapes. PyTorch itself is the judge in ``test_equal``."""

from fractions import Fraction

import pytest

from mgiad_dsl import compile_source
from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Operation
from mgiad_dsl.language.kinds import KINDS, RESAMPLINGS, Argument, KindName
from mgiad_dsl.parse import parse
from tests.small import compiled, errors, graph

TEXT = """network net(act = relu)
input image : {shape}
spaces u : {channels} channels
operators {{
    X {operator}
    W : {channels} -> 10 linear
}}
output o = {output}
"""


ARGUMENTS: dict[Argument, str] = {
    "kernel": "3x3", "stencil": "[[1]]", "initial": "1", "probability": "0", "window": "2x2",
    "factor": "2", "none": "",
}  # fmt: skip


def text(
    operator: str, shape: str = "3 x 9 x 9", channels: int = 6, output: str = "X(image)"
) -> str:
    return TEXT.format(operator=operator, shape=shape, channels=channels, output=output)


def applied(operator: str, shape: str = "3 x 9 x 9", channels: int = 6) -> Operation:
    found = graph(text(operator, shape, channels))
    return found.operations[found.outputs["o"]]


def conv(options: str, shape: str = "3 x 9 x 9", channels: int = 6) -> Operation:
    return applied(f": image -> u conv {options}", shape, channels)


@pytest.mark.parametrize(
    ("options", "expected", "size"),
    [
        ("3x3", ops.Conv(3, 6, (3, 3), padding=(1, 1)), (9, 9)),
        ("1x1", ops.Conv(3, 6, (1, 1)), (9, 9)),
        ("3x5", ops.Conv(3, 6, (3, 5), padding=(1, 2)), (9, 9)),
        ("3x3 stride 2", ops.Conv(3, 6, (3, 3), (2, 2), (1, 1)), (5, 5)),
        ("3x3 stride 2x1", ops.Conv(3, 6, (3, 3), (2, 1), (1, 1)), (5, 9)),
        ("3x3 pad 0", ops.Conv(3, 6, (3, 3)), (7, 7)),
        ("3x3 pad 2x0", ops.Conv(3, 6, (3, 3), padding=(2, 0)), (11, 7)),
        ("3x3 dilation 2", ops.Conv(3, 6, (3, 3), padding=(2, 2), dilation=(2, 2)), (9, 9)),
        ("2x2 dilation 2", ops.Conv(3, 6, (2, 2), padding=(1, 1), dilation=(2, 2)), (9, 9)),
        ("2x2 stride 2 pad 0", ops.Conv(3, 6, (2, 2), (2, 2)), (4, 4)),
        ("3x3 bias", ops.Conv(3, 6, (3, 3), padding=(1, 1), bias=True), (9, 9)),
        ("3x3 depthwise", ops.Conv(3, 6, (3, 3), padding=(1, 1), groups=3), (9, 9)),
        ("3x3 group_size 2", ops.Conv(3, 6, (3, 3), padding=(1, 1), groups=3), (9, 9)),
        ("3x3 group_size 6", ops.Conv(3, 6, (3, 3), padding=(1, 1)), (9, 9)),
        (
            "3x3 stride 2 transposed",
            ops.Conv(3, 6, (3, 3), (2, 2), (1, 1), transposed=True),
            (17, 17),
        ),
    ],
)
def test_convolutions(options: str, expected: ops.Conv, size: tuple[int, int]) -> None:
    node = conv(options)
    assert node.op == expected
    assert node.shape == (6, *size)


@pytest.mark.parametrize(
    ("ends", "options", "count"),
    [
        ((64, 64), "group_size 16", 4),
        ((64, 64), "group_size 64", 1),
        ((64, 64), "group_size 1", 64),
        ((64, 32), "group_size 2", 32),  # the larger side counts: 64 / 2
        ((32, 64), "group_size 2", 32),
        ((64, 128), "depthwise", 64),
        ((128, 64), "depthwise", 64),
    ],
)
def test_groups(ends: tuple[int, int], options: str, count: int) -> None:
    node = conv(f"1x1 {options}", f"{ends[0]} x 4 x 4", ends[1])
    assert isinstance(node.op, ops.Conv)
    assert node.op.groups == count


@pytest.mark.parametrize(
    ("ends", "options", "message"),
    [
        ((6, 6), "group_size 4", "groups of 4 do not divide the 6 channels of `X`"),
        ((6, 6), "group_size 7", "groups of 7 do not divide the 6 channels of `X`"),
        ((6, 8), "group_size 2", "`X` takes 6 channels to 8; group_size 2 makes 4 groups"),
        ((6, 8), "depthwise", "`X` takes 6 channels to 8; depthwise makes 6 groups"),
        ((6, 6), "group_size 0", "`group_size` must be at least 1, not 0"),
    ],
)
def test_groups_must_divide(ends: tuple[int, int], options: str, message: str) -> None:
    operator = f": image -> u conv 1x1 {options}"
    [found] = errors(text(operator, f"{ends[0]} x 4 x 4", ends[1]))
    assert found.startswith(message)


@pytest.mark.parametrize(("wanted", "padding"), [(17, (0, 0)), (18, (1, 1))])
def test_transposed_output_padding_follows_the_codomain(
    wanted: int, padding: tuple[int, int]
) -> None:
    operator = ": image -> u conv 3x3 stride 2 transposed"
    found = graph(text(operator).replace("6 channels\n", f"6 channels, size {wanted}\n", 1))
    node = found.operations[found.outputs["o"]]
    assert isinstance(node.op, ops.Conv)
    assert node.op.output_padding == padding
    assert node.shape == (6, wanted, wanted)


@pytest.mark.parametrize("wanted", [16, 19])
def test_transposed_cannot_give_every_size(wanted: int) -> None:
    operator = ": image -> u conv 3x3 stride 2 transposed"
    [found] = errors(text(operator).replace("6 channels\n", f"6 channels, size {wanted}\n", 1))
    assert found == f"sizes disagree: `X` makes 17x17 of 9x9, but its codomain is {wanted}x{wanted}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_in_the_grammar(kind: KindName) -> None:
    operator = f"X : {kind} {ARGUMENTS[KINDS[kind].argument]}"
    spec = parse(Source("net", f"network net operators {{ {operator} }}"))
    assert [line.kind.name for line in spec.operators] == [kind]


def test_every_resampling_may_be_called_like_a_function() -> None:
    rows = [name for name, traits in KINDS.items() if traits.family == "resampling"]
    assert tuple(rows) == RESAMPLINGS


# -- others ----------------------------------------------------------------------------------


def test_stencils() -> None:
    node = applied(": image -> u stencil [[1, 2], [3, 4]] / 4 pad 0 learnable", channels=3)
    assert node.op == ops.Stencil(
        ((Fraction(1, 4), Fraction(1, 2)), (Fraction(3, 4), 1)), fixed=False
    )
    assert node.shape == (3, 8, 8)
    assert compiled(text(": image -> u stencil [[1,2,1]] fixed", channels=3)).count.weights == 40


@pytest.mark.parametrize(
    "rows",
    [
        "1",
        "[]",
        "[[]]",
        "[[1], 2]",
        "[[[1, 2]], [[1]]]",
        "[[1, 2], [3]]",
        "[[true]]",
        "[[V]]",
    ],
)
def test_no_stencil(rows: str) -> None:
    [found] = errors(text(f": image -> u stencil {rows} fixed", channels=3))
    assert found == (
        "a stencil is a list of numbers, of rows of them, or of planes of rows, all of one length"
    )


@pytest.mark.parametrize(
    ("window", "size"),
    [("", 1), (", 2x2", 4), (", 3x3", 3), (", 3x3 stride 2", 5), (", 3x3 stride 2 pad 0", 4),
     (", 2x2 stride 1", 8), (", 4x4 stride 1", 6), (", 5x5 stride 1", 9)],
)  # fmt: skip
def test_poolings_as_functions(window: str, size: int) -> None:
    for name in ("avgpool", "maxpool"):
        found = graph(text(": batchnorm", output=f"{name}(image{window})"))
        node = found.operations[found.outputs["o"]]
        assert node.shape == (3, size, size)
        assert isinstance(node.op, ops.Pool)
        assert node.op.maximum is (name == "maxpool")


def test_poolings_as_operators() -> None:
    assert applied(": avgpool").shape == (3, 1, 1)
    assert applied(": maxpool 3x3 stride 2").op == ops.Pool(True, (3, 3), (2, 2), (1, 1))
    assert applied(": image -> u avgpool 2x2", channels=3).place.label == "u"


@pytest.mark.parametrize(
    ("output", "size", "mode"),
    [("upsample(image, 2)", 18, "nearest"), ("upsample(image, 3, bilinear)", 27, "bilinear")],
)
def test_upsampling_as_a_function(output: str, size: int, mode: str) -> None:
    found = graph(text(": batchnorm", output=output))
    assert found.operations[found.outputs["o"]].op == ops.Upsample((size, size), mode)


def test_upsampling_as_an_operator() -> None:
    assert applied(": upsample 2 bilinear").op == ops.Upsample((18, 18), "bilinear")
    operator = ": image -> u upsample"
    assert errors(text(operator, channels=3)) == ["`X` does not know the size it is to give"]
    sized = text(operator, channels=3).replace("3 channels\n", "3 channels, size 20\n", 1)
    found = graph(sized)
    assert found.operations[found.outputs["o"]].op == ops.Upsample((20, 20), "nearest")


def test_norms() -> None:
    assert applied(": batchnorm").op == ops.BatchNorm(3)
    assert applied(": groupnorm group_size 1").op == ops.GroupNorm(3, 3)
    assert applied(": layernorm").op == ops.LayerNorm(3)
    found = graph(
        text(": batchnorm", "6 x 9 x 9", output="X(W(avgpool(image)))").replace(
            "W : 6", "W : image"
        )
    )
    assert found.operations[found.outputs["o"]].op == ops.BatchNorm(10, 1)


def test_prelu() -> None:
    assert applied(": prelu").op == ops.PReLU(3)
    assert applied(": image -> 3 prelu").op == ops.PReLU(3)
    assert errors(text("[i] : image -> 6 prelu", output="X[1](image)")) == [
        "a `prelu` keeps the channels, but `X[1]` stands between 3 and 6"
    ]
    assert errors(text(": prelu bias")) == ["`prelu` has no `bias`"]
    of_vectors = text(": prelu", "6 x 9 x 9", output="X(W(avgpool(image)))")
    found = graph(of_vectors.replace("W : 6", "W : image"))
    node = found.operations[found.outputs["o"]]
    assert (node.op, node.shape) == (ops.PReLU(10), (10,))


def test_a_prelu_is_new_at_every_use_if_it_says_so() -> None:
    found = graph(text("[*] : prelu", output="X(X(image))"))
    assert [g.name for g in found.groups.values() if g.users] == ["X.output_o.0", "X.output_o.1"]
    assert {g.role for g in found.groups.values() if g.users} == {"activation"}


@pytest.mark.parametrize(("word", "kind"), [("dropout", ops.Dropout), ("droppath", ops.DropPath)])
def test_chance(word: str, kind: type[ops.Dropout | ops.DropPath]) -> None:
    node = applied(f": {word} 1/10")
    assert (node.op, node.shape) == (kind(Fraction(1, 10)), (3, 9, 9))
    assert applied(f": image -> 3 {word} 0").op == kind(0)
    levelled = text(f"[i] : {word} i/4", output="X[1](X[2](image))")
    found = graph(levelled)
    assert [g.op for g in found.groups.values() if g.users] == [
        kind(Fraction(1, 2)), kind(Fraction(1, 4))
    ]  # fmt: skip
    for wrong in ("1", "3/2", "-1/10", "1 - 10^(-20)"):
        (message,) = errors(text(f": {word} {wrong}"))
        wanted = f"the probability of a {word} must be at least 0 and less than 1, not "
        assert message.startswith(wanted)
    assert errors(text(f": {word} true")) == ["a probability is a number, not a boolean"]
    assert errors(text(f": {word} act")) == ["a probability is a number, not the word `relu`"]
    assert errors(text(f": image -> 6 {word} 0")) == [
        f"a `{word}` keeps the channels, but `X` stands between 3 and 6"
    ]
    assert errors(text(f"[*] : {word} 0")) == [
        "`[*]` stands alone, behind a norm or a prelu: norm[*]"
    ]


def test_chance_has_no_weights_that_could_be_dead() -> None:
    for start in ("", "start { let r = X(image) }"):
        found = compiled(text(": dropout 1/10", output="image") + start)
        dead = [w.message for w in found.warnings if w.message.startswith("dead")]
        assert dead == ["dead weights, never applied: W"]


def test_uses_of_one_chance_have_one_probability() -> None:
    bad = """network net
    input image : 3 x 8 x 8
    levels l in 1..2 : resolution
    spaces u[l] : 3 channels
    operators { X : u[l] -> u[l] dropout l/4   R : u[l] -> u[l+1] maxpool 2x2 }
    start { u[1] = image   u[2] = X(R(X(u[1]))) }
    output o = u[2]
    """
    assert errors(bad) == [
        "two uses of `X` share a probability but differ: dropout 0.25 and dropout 0.5"
    ]


def test_linear_needs_one_point() -> None:
    head = text(": batchnorm", "6 x 9 x 9", output="W(avgpool(image))").replace(
        "W : 6", "W : image"
    )
    found = graph(head)
    node = found.operations[found.outputs["o"]]
    assert (node.op, node.shape) == (ops.Linear(6, 10), (10,))
    assert errors(head.replace("avgpool(image)", "image")) == [
        "`W` is linear and needs size 1x1, not 9x9"
    ]


def test_linear_after_linear() -> None:
    head = text(": image -> 6 linear", "3 x 1 x 1", output="W(relu(X(image)))")
    found = graph(head)
    assert found.operations[found.outputs["o"]].shape == (10,)
    assert errors(head.replace("-> 6", "-> 7")) == [
        "`W` applies to a space of 6 channels, but this is a value of a space of 7 channels"
    ]


def test_a_vector_has_no_points() -> None:
    for output in ("X(W(image))", "avgpool(W(image))", "upsample(W(image), 2)"):
        operator = ": 10 -> 10 conv 3x3"
        bad = text(operator, "6 x 1 x 1", output=output).replace("W : 6", "W : image")
        assert len(errors(bad)) == 1


@pytest.mark.parametrize("word", ["zeros", "circular", "replicate", "reflect"])
def test_a_boundary_that_is_a_parameter(word: str) -> None:
    around = (
        "network n(around = zeros) input x : 2 x 8 x 8 operators { A : x -> x conv 3x3 pad around }"
    )
    source = Source("n", f"{around} output y = A(x)")
    found = compile_source(source, settings={"around": word}).network
    assert found.operations[found.outputs["y"]].op == ops.Conv(
        2, 2, (3, 3), padding=(1, 1), boundary=word
    )
    said = compile_source(
        Source("n", f"{around} output y = A(x)".replace("pad around", f"pad {word}"))
    ).network
    assert said.operations[said.outputs["y"]].op == found.operations[found.outputs["y"]].op


def test_a_parameter_that_is_no_boundary() -> None:
    text = """network n(a = relu) input x : 2 x 8 x 8
    operators { A : x -> x conv 3x3 pad a } output y = A(x)"""
    with pytest.raises(SpecError, match="reflect, not the word `relu`") as caught:
        compile_source(Source("n", text))
    message = "`pad` must be an integer or one of zeros, circular, replicate, reflect, not the word"
    assert caught.value.message == f"{message} `relu`"
