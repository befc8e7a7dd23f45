"""Names, types and structure, before anything runs. Messages stand in ``tests/errors``."""

import re
from fractions import Fraction

import pytest

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Source
from mgiad_dsl.check import check
from mgiad_dsl.compiler import compile_source
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.parse import parse
from tests.small import CORRECT, compiled, errors, net

IMAGE = "input image : 3 x 8 x 8\noutput o = image\n"


def checked(text: str, variant: str | None = None, **settings: object) -> NetSpec:
    report = Report()
    spec = check(parse(Source("net", text)), variant, settings, report)
    report.raise_errors()
    return spec


def warnings(text: str) -> list[str]:
    return [warning.message for warning in compiled(text).warnings]


# -- parameters ------------------------------------------------------------------------------

PARAMETERS = f"""network net(n = 2, ratio = 4/5, deep = false, kind = V, act = relu)
{IMAGE}
variant big {{ n = 3  deep = true  expect weights 0 }}
variant wide {{ n = 4 }}
expect weights 0
published weights 0 "here"
"""


def values(variant: str | None = None, **settings: object) -> dict[str, object]:
    return dict(checked(PARAMETERS, variant, **settings).values)


def test_defaults_then_variant_then_settings() -> None:
    assert values() == {
        "n": 2, "ratio": Fraction(4, 5), "deep": False, "kind": "V", "act": "relu",
    }  # fmt: skip
    assert (values("big")["n"], values("big")["deep"]) == (3, True)
    assert (values("big", n=7)["n"], values("big", n=7)["deep"]) == (7, True)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (3, 3),
        ("3", 3),
        (1.4, Fraction(7, 5)),
        ("1.4", Fraction(7, 5)),
        (" 4/5 ", Fraction(4, 5)),
        ("2k", 2000),
        ("1_000", 1000),
        ("-3", -3),
        ("2^5 - 1", 31),
        (Fraction(1, 3), Fraction(1, 3)),
        (1e-3, Fraction(1, 1000)),
    ],
)
def test_settings_are_numbers_or_text(given: object, value: object) -> None:
    assert values(n=given)["n"] == value


def test_settings_that_are_words_or_booleans() -> None:
    assert values(kind="W", act="gelu", deep="true") | {"n": 0} == {
        "n": 0, "ratio": Fraction(4, 5), "deep": True, "kind": "W", "act": "gelu",
    }  # fmt: skip
    assert values(deep=True)["deep"] is True


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"n": True}, "`n` must be a number, not a boolean"),
        ({"n": "V"}, "`n` must be a number, not the word `V`"),
        ({"n": "[1]"}, "`n` must be a number, not a list"),
        ({"deep": 1}, "`deep` must be a boolean, not a number"),
        ({"kind": "relu"}, "`kind` must be one of backslash, V, W, F, not the word `relu`"),
        ({"kind": "v"}, "`kind` must be one of backslash, V, W, F, not the word `v`"),
        ({"act": 1}, "a number"),
        ({"m": 1}, "`net` has no parameter `m`"),
    ],
)
def test_settings_of_the_wrong_type(setting: dict[str, object], message: str) -> None:
    [found] = errors(PARAMETERS, **setting)
    assert message in found


def test_all_wrong_settings_at_once() -> None:
    assert len(errors(PARAMETERS, n=True, deep=1, kind=2, m=3)) == 4


def test_variants_do_not_inherit_claims() -> None:
    assert (len(checked(PARAMETERS).expects), len(checked(PARAMETERS).published)) == (1, 1)
    assert (len(checked(PARAMETERS, "big").expects), len(checked(PARAMETERS, "big").published)) == (
        1,
        0,
    )
    assert not checked(PARAMETERS, "wide").expects


def test_claims_are_skipped_under_settings() -> None:
    text = f"network net(n = 2)\n{IMAGE}expect weights 5"
    assert "has 0 weights, 5 fewer than expected" in errors(text)[0]
    assert not errors(text, n=2)


@pytest.mark.parametrize(
    ("figure", "agrees"),
    [("560", True), ("0.56k", True), ("0.6k", True), ("1k", True), ("0.5k", False),
     ("0.57k", False), ("0.00M", True), ("0.001M", True), ("2k", False)],
)  # fmt: skip
def test_a_published_figure_agrees_when_the_count_rounds_to_it(figure: str, agrees: bool) -> None:
    text = (
        "network net\ninput image : 3 x 8 x 8\nspaces u : 20 channels\n"
        "operators { S : image -> u conv 3x3 bias }\noutput o = S(image)\n"
        f'published weights {figure} "here"\n'
    )
    assert compiled(text).count.weights == 560
    assert (not warnings(text)) is agrees


# -- names -----------------------------------------------------------------------------------


def test_declarations_stand_in_any_order() -> None:
    text = net(lets="let c = 2 * width", channels="c")
    header, _, rest = text.partition("\n")
    starts = [m.start() for m in re.finditer(r"^(?=[a-z])", rest, re.MULTILINE)]
    items = [rest[a:b] for a, b in zip(starts, [*starts[1:], len(rest)], strict=True)]
    assert len(items) == 8
    backwards = "".join([f"{header}\n", *(f"{item}\n" for item in reversed(items))])
    assert compiled(backwards).count.weights == compiled(text).count.weights


@pytest.mark.parametrize(
    ("declaration", "taken"),
    [
        ("let width = 1", "width"),
        ("let l = 1", "l"),
        ("let image = 1", "image"),
        ("let f = 1", "f"),
        ("let A = 1", "A"),
        ("step A { }", "A"),
        ("levels f in 1..2 : channel", "f"),
        ("spaces h[width] : 3 channels", "width"),
    ],
)
def test_no_name_is_declared_twice(declaration: str, taken: str) -> None:
    assert errors(net(lets=declaration))[0] == f"`{taken}` is declared twice"


@pytest.mark.parametrize(
    "smooth",
    [
        "let width = u[l]",
        "let l = u[l]",
        "let i = u[l]",
        "let r = u[l] let r = u[l]",
        "let f = u[l]",
    ],
)
def test_nothing_is_shadowed(smooth: str) -> None:
    [message] = errors(net(smooth=smooth))
    assert message.endswith("is declared twice")


def test_lets_of_a_block_are_local_to_it() -> None:
    twice = net(
        smooth="let r = f[l] - A[l](u[l])  u[l] = u[l] + B[l,1](r)",
        parts=CORRECT + "smooth { let r = f[l]  u[l] = u[l] + B[l,1](r) }",
    )
    assert not errors(twice)
    assert errors(net(smooth="let r = f[l]", output="output o = r")) == ["`r` is not declared"]


def test_an_unknown_name_is_reported_once() -> None:
    assert errors(net(smooth="u[l] = Q(u[l]) + Q(f[l])", output="output o = Q(u[1])")) == [
        "`Q` is not declared"
    ]


def test_a_circle_of_lets() -> None:
    assert errors(net(lets="let a = b let b[k] = c + k let c = b[a]"))[0].startswith(
        "lets in a circle"
    )


@pytest.mark.parametrize("lets", ["let p = q let q = s let s = 2", "let q = p + p let p = 1"])
def test_no_circle(lets: str) -> None:
    assert not errors(net(lets=lets, channels="(width + 0 * q)"))


# -- equations -------------------------------------------------------------------------------


def test_both_branches_are_checked() -> None:
    for smooth in ("u[l] = true ? u[l] : f[l]", "u[l] = false ? nothing(u[l]) : u[l]"):
        assert len(errors(net(smooth=smooth))) == 1


def test_parts_that_never_run_are_checked() -> None:
    assert errors(
        net(kind="kind", parameters=", kind = backslash", parts="correct { u[l] = f[l] }")
    ) == ["a value of `f` cannot be assigned to `u`"]


def test_a_step_gets_its_indices_from_each_use() -> None:
    relax = "step relax { u[l] = u[l] + B[l,i](f[l]) }"
    start, end = net(lets=relax).split("{ u[l] = u[l] + B[l,1](f[l] - A[l](u[l])) }")
    assert not errors(f"{start} relax {end}")
    assert errors(f"{start.replace('i in 1..steps', '2')} relax {end}") == ["`i` is not declared"]


def test_errors_of_a_step_name_both_places() -> None:
    text = net(lets="step relax { u[l] = f[l] }", smooth="").replace("{  }", "relax")
    with pytest.raises(Exception, match="cannot be assigned") as caught:
        compile_source(Source("net", text))
    shown = str(caught.value)
    assert "net:2:14: error" in shown
    assert "note: step `relax` is used here (net:19:" in shown


def test_one_mistake_is_one_message() -> None:
    wrong_group = net(
        operators="Q[l] : u[l] -> f[l] conv 3x3 group_size 3", smooth="u[l] = B[l,1](Q[l](u[l]))"
    )
    assert len(errors(wrong_group)) == 1
    wrong_start = net().replace("f[1] = S(image)", "f[1] = S(u[1])")
    assert len(errors(wrong_start)) == 1


def test_a_wrong_declaration_is_told_once() -> None:
    assert errors(net(operators="Q : u[1] -> nothing conv 3x3")) == ["`nothing` is not declared"]
    backwards = net(smooth="u[l] = B[l,1](u[l])  f[l] = A[l](B[l,1](u[l]))")
    assert errors(backwards) == ["`B` applies to a value of `f`, but this is a value of `u`"]


def test_a_misspelt_target_leaves_no_unset_space() -> None:
    text = (
        net().replace("f[l+1] = R", "g[l+1] = R").replace("u[l+1] = 0", "u[l+1] = B[l+1,1](f[l+1])")
    )
    assert errors(text) == ["`g` is not declared"]


def test_independent_mistakes_are_all_told() -> None:
    text = net(
        parameters=", extra = 1/0",
        operators="Q : u[1] -> u[1] conv 3x3 fixed",
        smooth="u[l] = f[l]",
        output="output o = nothing",
    )
    assert len(errors(text)) == 4


# -- cycles ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["V", "W", "F"])
def test_cycles_that_come_back_need_correct(kind: str) -> None:
    [message] = errors(net(kind=kind, parts=""))
    assert message.startswith("this cycle lacks a `correct`")
    assert not errors(net(kind=kind))


def test_post_smoothing_alone_will_do() -> None:
    text = net(parts=CORRECT + "smooth { u[l] = u[l] + B[l,1](f[l] - A[l](u[l])) }")
    only_post = text.replace("smooth i in 1..steps { u[l] = u[l] + B[l,1](f[l] - A[l](u[l])) }", "")
    assert not errors(only_post)
    [message] = errors(only_post.replace(": V", ": backslash"))
    assert "lacks a `smooth` or `solve`" in message


def test_a_computed_kind_is_judged_where_it_is_known() -> None:
    only_post = net(
        kind="width > 9 ? V : backslash",
        smooth="",
        parts=CORRECT + "smooth { u[l] = u[l] + B[l,1](f[l] - A[l](u[l])) }",
    ).replace("smooth i in 1..steps {  }", "")
    assert not errors(only_post, width=16)
    [message] = errors(only_post)
    assert "lacks a `smooth` or `solve`" in message


# -- warnings --------------------------------------------------------------------------------


def test_unused() -> None:
    text = net(
        parameters=", extra = 1",
        lets="let c = 3\nstep relax { }",
        operators="Q[l] : u[l] -> u[l] conv 1x1",
    )
    assert warnings(text) == [
        "parameter `extra` is never used",
        "let `c` is never used",
        "step `relax` is never used",
        "operator `Q` is never used",
    ]


def test_use_in_a_branch_that_is_not_chosen_is_use() -> None:
    text = net(
        operators="Q[l] : u[l] -> u[l] conv 1x1",
        smooth="u[l] = true ? B[l,1](f[l] - A[l](u[l])) : Q[l](u[l])",
    )
    assert not warnings(text)


def test_a_good_spec_has_no_warnings() -> None:
    assert not warnings(net())
