"""The rules of meaning, one by one. Messages stand in ``tests/errors``."""

import pytest

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import Shape
from mgiad_dsl.graph.tree import cycles
from tests.small import (
    CORRECT,
    NESTED,
    compiled,
    errors,
    graph,
    groups,
    net,
    operation,
    placed,
    trace,
    uses,
)

FLAT = """network net{parameters}
input image : 3 x 8 x 8
levels l in 1..3 : resolution
spaces u[l] = h[l], f[l] : 6 channels
operators {{
    S : image -> f[1] conv 3x3
    A[l] : u[l] -> f[l] conv 3x3
    B : f[l] -> u[l] conv 3x3
    R : u[l-1] -> u[l] conv 3x3 stride 2
    U : u[l+1] -> u[l] conv 1x1
    norm[*] : batchnorm
    a[l] : scalar 1/2
    {operators}
}}
start {{ f[1] = S(image) }}
{body}
output o = {output}
"""


def flat(output: str, body: str = "", operators: str = "", parameters: str = "") -> str:
    """A spec without a cycle; the levels that are not reached do not matter here."""
    body = body + " start { u[2] = R(B(f[1]))  u[3] = R(u[2]) }"
    return FLAT.format(output=output, body=body, operators=operators, parameters=parameters)


def nodes(net_graph: Network, kind: type) -> list[object]:
    return [node.op for node in net_graph.operations.values() if isinstance(node.op, kind)]


# -- sharing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "keys"),
    [
        ("1", ["1_1", "2_1"]),
        ("i", ["1_1", "1_2", "1_3", "1_4", "2_1", "2_2", "2_3", "2_4"]),
        ("floor((i+1)/2)", ["1_1", "1_2", "2_1", "2_2"]),
        ("min(i, 2)", ["1_1", "1_2", "2_1", "2_2"]),
        ("l == 1 ? i : 9", ["1_1", "1_2", "1_3", "1_4", "2_9"]),
        ("-i", ["1_m1", "1_m2", "1_m3", "1_m4", "2_m1", "2_m2", "2_m3", "2_m4"]),
    ],
)
def test_the_index_names_the_sharing_group(index: str, keys: list[str]) -> None:
    text = net(smooth=f"u[l] = u[l] + B[l,{index}](f[l] - A[l](u[l]))")
    assert groups(text, "B", steps=4) == keys
    found = graph(text, steps=4)
    assert sum(uses(found, f"B.{key}") for key in keys) == 8


def test_signature_indices_are_solved_from_the_argument() -> None:
    found = graph(flat("B(A[1](u[1]))\noutput p = U(B(A[2](u[2])))", "start { u[1] = 0 }"))
    assert uses(found, "B") == 3  # one tensor for all levels
    assert uses(found, "R") == 2
    places = {node.name: node.place.label for node in found.operations.values()}
    assert [places[user] for user in found.groups["R"].users] == ["u[2]", "u[3]"]
    assert [places[user] for user in found.groups["U"].users] == ["u[1]"]


def test_a_starred_norm_is_new_at_every_use() -> None:
    text = net(
        operators="norm[*] : batchnorm",
        smooth="u[l] = u[l] + norm(B[l,1](norm(f[l] - A[l](u[l]))))",
        kind="W",
        last="3",
    )
    found = graph(text)
    keys = groups(text, "norm")
    assert (
        len(keys)
        == len(set(keys))
        == 2
        * len(
            found.groups["B.1_1"].users + found.groups["B.2_1"].users + found.groups["B.3_1"].users
        )
    )
    assert all(uses(found, f"norm.{key}") == 1 for key in keys)
    assert keys[:2] == ["l1_pre.0.0", "l1_pre.0.1"]


@pytest.mark.parametrize(
    ("index", "level", "output"),
    [("lm", 1, "o"), ("l1", 2, "o"), ("l1v", 2, "o"), ("output_l", 1, "l1_pre")],
)
def test_no_norm_is_counted_with_those_of_another_place(
    index: str, level: int, output: str
) -> None:
    """``l = -1`` and ``lm = 1`` are two levels, and so are ``l = 12`` and ``l1 = 2``."""
    text = f"""network net
input image : 2 x 8 x 8
levels l in -1..12 : resolution
levels {index} in {level}..{level} : resolution
spaces u[l] : 2 channels
spaces v[{index}] : 2 channels
operators {{ norm[*] : batchnorm }}
cycle over l : backslash {{ smooth {{ u[l] = norm(image) }} coarsen {{ }} }}
cycle over l : backslash {{ smooth {{ u[l] = norm(u[l]) }} coarsen {{ }} }}
cycle over {index} : backslash {{ smooth {{ v[{index}] = norm(image) }} coarsen {{ }} }}
output {output} = norm(u[1])
"""
    keys = groups(text, "norm")
    assert len(keys) == 14 + 14 + 1 + 1
    assert {key.partition(".")[2] for key in keys} == {"0"}


def test_a_norm_with_an_index_is_shared() -> None:
    text = net(
        operators="norm[l] : batchnorm", smooth="u[l] = u[l] + norm[l](B[l,1](f[l] - A[l](u[l])))"
    )
    assert groups(text, "norm") == ["1", "2"]
    assert uses(graph(text), "norm.1") == 2


def test_uses_of_one_group_must_agree() -> None:
    text = net(channels="(width * l)").replace("A[l]  ", "A  ").replace("A[l](", "A(")
    [message] = errors(text)
    assert message == (
        "two uses of `A` share weights but differ: conv 3x3 8 -> 8 and conv 3x3 16 -> 16"
    )


def test_transposed_uses_may_differ_in_output_padding() -> None:
    text = net(last="3").replace("32 x 32", "30 x 30").replace("P[l] ", "P ").replace("P[l+1]", "P")
    found = graph(text)
    paddings = [found.operations[user].op for user in found.groups["P"].users]
    assert [op.output_padding for op in paddings if isinstance(op, ops.Conv)] == [(0, 0), (1, 1)]


def test_operators_without_an_index_exist_unused() -> None:
    text = net(
        operators="R0, P0 : u[1] -> u[1] conv 3x3 depthwise  q : scalar 2 "
        "Q[l] : u[l] -> u[l] conv 1x1"
    )
    found = compiled(text)
    assert [g for g in found.written.groups if not found.written.groups[g].users] == [
        "R0",
        "P0",
        "q",
    ]
    assert found.count.weights - compiled(net()).count.weights == 2 * 72 + 1


def test_groups_know_their_levels() -> None:
    found = graph(net(operators="C : u[l] -> f[l] conv 1x1", smooth="f[l] = C(u[l]) + A[l](u[l])"))
    levels = {name: group.levels for name, group in found.groups.items()}
    assert (levels["A.2"], levels["P.2"], levels["R.2"]) == ({"l": 2}, {"l": 2}, {"l": 2})
    assert levels["C"] == {}


# -- cycles ----------------------------------------------------------------------------------

SOLVE = "solve 1 { u[l] = u[l] + B[l,9](f[l]) }"
POST = "smooth { u[l] = u[l] + B[l,7](f[l] - A[l](u[l])) }"


def test_v_cycle() -> None:
    assert trace(graph(net(last="3", parts=f"{SOLVE} {CORRECT} {POST}")))[1:-1] == [
        "l1_pre1", "l1_pre2", "l1_coarsen", "l2_pre1", "l2_pre2", "l2_coarsen",
        "l3_solve1",
        "l2_correct", "l2_post", "l1_correct", "l1_post",
    ]  # fmt: skip


def test_coarsest_level_without_solve_smooths_before_and_after() -> None:
    found = trace(graph(net(parts=f"{CORRECT} {POST}")))
    assert found[4:7] == ["l2_pre1", "l2_pre2", "l2_post"]
    backslash = trace(graph(net(kind="backslash", parts=f"{CORRECT} {POST}")))
    assert backslash[4:] == ["l2_pre1", "l2_pre2", "output"]


def test_w_cycle_goes_on_from_the_current_value() -> None:
    found = graph(net(kind="W", last="3", parts=f"{SOLVE} {CORRECT}", repeat="1"))
    assert trace(found)[1:-1] == [
        "l1_pre1", "l1_coarsen",
        "l2_pre1", "l2_coarsen", "l3_solve1", "l2_correct",
        "l2v2_pre1", "l2v2_coarsen", "l3v2_solve1", "l2v2_correct",
        "l1_correct",
    ]  # fmt: skip
    values = {place: equation.value for place, equation in placed(found)}
    again, before = values["l2v2_pre1"], values["l2_correct"]
    assert before in found.operations[str(again)].inputs  # u of the first visit, not zero


def test_f_cycle_visits() -> None:
    found = graph(net(kind="F", last="4", parts=f"{SOLVE} {CORRECT}"))
    [cycle] = cycles(found.tree)
    visits = dict(sorted((v.level, v.number) for v in cycle.visits))
    assert visits == {1: 1, 2: 2, 3: 3, 4: 3}


def test_one_level_runs_the_coarsest_part_only() -> None:
    text = net(last="1", parts=f"{SOLVE} {CORRECT} {POST}")
    assert trace(graph(text)) == ["start", "l1_solve1", "output"]


def test_kind_may_be_a_parameter() -> None:
    text = net(kind="kind", parameters=", kind = V", last="3")
    assert trace(graph(text)) == trace(graph(net(last="3")))
    assert trace(graph(text, kind="W")) == trace(graph(net(kind="W", last="3")))


@pytest.mark.parametrize(
    ("repeat", "steps"),
    [("", 1), ("1", 1), ("3", 3), ("0", 0), ("i in 2..steps", 3), ("l == 1 ? 2 : 0", 2)],
)
def test_repeats(repeat: str, steps: int) -> None:
    found = trace(graph(net(repeat=repeat), steps=4))
    assert sum(place.startswith("l1_pre") for place in found) == steps


def test_nested_cycles() -> None:
    assert trace(graph(NESTED))[1:-1] == [
        "l1_pre",
        "l1_pre_k0_pre1", "l1_pre_k0_pre2", "l1_pre_k0_coarsen",
        "l1_pre_k1_pre1", "l1_pre_k1_pre2", "l1_pre_k0_correct",
        "l1_coarsen",
        "l2_pre",
        "l2_pre_k0_pre1", "l2_pre_k0_pre2", "l2_pre_k0_coarsen",
        "l2_pre_k1_pre1", "l2_pre_k1_pre2", "l2_pre_k1_coarsen",
        "l2_pre_k2_pre1", "l2_pre_k2_pre2", "l2_pre_k1_correct", "l2_pre_k0_correct",
    ]  # fmt: skip
    assert groups(NESTED, "A") == ["1_0", "1_1", "2_0", "2_1", "2_2"]


# -- values ----------------------------------------------------------------------------------


def test_a_space_holds_its_last_value() -> None:
    found = graph(flat("u[2]", "start { u[1] = B(f[1])  u[1] = relu(u[1])  u[2] = R(u[1]) }"))
    relu = next(node for node in found.operations.values() if node.op == ops.Activation("relu"))
    users = [node for node in found.operations.values() if relu.name in node.inputs]
    assert [node.group for node in users] == ["R"]


def test_reading_before_setting_is_an_error() -> None:
    assert errors(flat("u[1]"))[0] == "u[1] is read before it is set"


def test_two_names_of_one_space_hold_their_own_values() -> None:
    body = "start { u[1] = B(f[1])  h[1] = relu(u[1]) }"
    found = graph(flat("u[1] - h[1]", body))
    last = found.operations[found.outputs["o"]]
    assert last.op == ops.Binary("-")
    assert len(set(last.inputs)) == 2
    assert errors(flat("u[1] - f[1]", body)) != []


def test_a_let_is_one_value() -> None:
    body = "start { let r = relu(f[1])  u[1] = B(r) + B(r) }"
    assert nodes(graph(flat("u[1]", body)), ops.Activation) == [ops.Activation("relu")]


def test_a_let_of_a_block_may_be_a_number() -> None:
    text = net(smooth="let n = i + l  u[l] = u[l] + B[l,n](f[l])", repeat="i in 1..2")
    assert groups(text, "B") == ["1_2", "1_3", "2_3", "2_4"]


def test_only_the_chosen_branch_exists() -> None:
    text = flat(
        "deep ? relu(f[1]) : S2(image)",
        operators="S2 : image -> f[1] conv 1x1  Q[l] : f[l] -> f[l] conv 1x1",
        parameters="(deep = true)",
    )
    assert nodes(graph(text), ops.Activation)
    assert not nodes(graph(text, deep=False), ops.Activation)
    assert uses(graph(text), "S2") == 0


@pytest.mark.parametrize(("output", "lends"), [("u[1]", "image"), ("u[1] + B(f[1])", "S")])
def test_zero_takes_the_shape_of_its_space(output: str, lends: str) -> None:
    """Its batch size is that of a value which an output needs: nothing runs for that alone."""
    found = graph(flat(output, "start { u[1] = 0 }"))
    (zero,) = (node for node in found.operations.values() if node.op == ops.Zeros())
    values = {**found.inputs, "S": found.groups["S"].users[0]}
    assert (zero.shape, zero.inputs) == ((6, 8, 8), (values[lends],))
    assert zero.name in found.live()


def test_zero_waits_for_the_size() -> None:
    first = graph(net())
    later = graph(net().replace("f[1] = S(image)   u[1] = 0", "u[1] = 0   f[1] = S(image)"))
    assert first.operations.keys() == later.operations.keys()


@pytest.mark.parametrize("output", ["f[1] + 0", "0 + f[1]", "f[1] - 0", "1 * f[1]", "f[1] / 1"])
def test_adding_zero_and_multiplying_by_one_cost_nothing(output: str) -> None:
    assert graph(flat(output)).outputs["o"] == graph(flat("f[1]")).outputs["o"]


@pytest.mark.parametrize("output", ["0 - f[1]", "-f[1]"])
def test_negation(output: str) -> None:
    found = graph(flat(output))
    assert found.operations[found.outputs["o"]].op == ops.Negate()


@pytest.mark.parametrize(
    "output", ["f[1] + 1", "f[1] + false", "f[1] * true", "f[1] - [1]", "f[1] / 0"]
)
def test_other_numbers_are_no_values_of_spaces(output: str) -> None:
    assert len(errors(flat(output))) == 1


def test_learnable_scalars() -> None:
    found = graph(flat("2 * a[1] / (a[1]^2 + a[2]^2) * f[1] - f[1] / a[1] + sigmoid(a[2]) * f[1]"))
    assert operation(found, "a.1").initial.numerator == 1  # type: ignore[union-attr]
    assert (uses(found, "a.1"), uses(found, "a.2")) == (3, 2)
    assert found.operations[found.outputs["o"]].shape == (6, 8, 8)
    assert len(errors(flat("f[1] + a[1]"))) == 1
    assert errors(flat("a[4] * f[1]")) == ["`a[4]` has no level l = 4"]


def test_identity_is_no_operation() -> None:
    text = flat("act(f[1])", parameters="(act = identity)")
    assert not nodes(graph(text), ops.Activation)
    assert nodes(graph(text, act="gelu"), ops.Activation) == [ops.Activation("gelu")]


def test_an_input_fits_every_space_of_its_shape() -> None:
    text = flat("u[1]", "start { u[1] = other }").replace(
        "input image", "input other : 6 x 8 x 8\ninput image"
    )
    found = graph(text)
    assert found.outputs["o"] == next(
        n.name for n in found.operations.values() if n.op == ops.Input("other")
    )
    assert errors(text.replace("other : 6", "other : 5")) == ["other has 5 channels and u[1] 6"]


def test_several_outputs() -> None:
    found = graph(flat("f[1]\noutput p = relu(f[1])"))
    assert list(found.outputs) == ["o", "p"]


# -- notes that say where --------------------------------------------------------------------


def test_errors_name_their_place_in_the_cycle() -> None:
    text = net(last="4").replace("32 x 32", "6 x 6").replace("stride 2\n", "stride 2 pad 0\n")
    with pytest.raises(Exception, match="the size vanishes") as caught:
        graph(text)
    assert "note: at l = 2, coarsen" in str(caught.value)


def test_a_network_that_is_too_large_is_one_error() -> None:
    assert errors(net(repeat="10^6")) == ["this network unrolls to more than 20,000 operations"]


def test_dead_weights_are_named_by_line() -> None:
    text = net(operators="R0, P0 : u[1] -> u[1] conv 1x1  Q : u[1] -> u[1] conv 1x1").replace(
        "u[1] = 0", "u[1] = 0  let lost = Q(u[1])"
    )
    assert [w.message for w in compiled(text).warnings] == [
        "dead weights, no path to an output: Q, R0, P0"
    ]


def test_an_output_may_be_an_input() -> None:
    found = graph("network net\ninput image : 3 x 8 x 8\noutput image = image\n")
    assert found.outputs == {"image": "input_image_1"}
    assert found.operations["input_image_1"].shape == (3, 8, 8)


PRODUCTS = """network products
input image : 4 x 8 x 8
input field : 1 x 8 x 8
spaces u : 4 channels
spaces k : 1 channels
operators {{ S : image -> u conv 3x3   K : image -> k conv 3x3   T : u -> u conv 1x1 }}
start {{ u = S(image)   k = K(image) }}
output o = {product}
"""


@pytest.mark.parametrize(
    ("product", "space", "shape"),
    [
        ("u * u", "u", (4, 8, 8)),
        ("k * u", "u", (4, 8, 8)),
        ("u * k", "u", (4, 8, 8)),
        ("u * avgpool(u)", "u", (4, 8, 8)),
        ("avgpool(k) * u", "u", (4, 8, 8)),
        ("field * k", "k", (1, 8, 8)),  # as large: the second
        ("k * field", "field", (1, 8, 8)),
    ],
)
def test_a_product_is_of_the_larger_space(product: str, space: str, shape: Shape) -> None:
    found = graph(PRODUCTS.format(product=product))
    node = found.operations[found.outputs["o"]]
    assert (node.op, node.place.identity, node.shape) == (ops.Binary("*"), space, shape)
    assert not errors(PRODUCTS.format(product=f"T({product})" if space == "u" else product))
