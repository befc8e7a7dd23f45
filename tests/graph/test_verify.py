"""`verify` finds every operation and every sharing group that later stages could not take."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import get_args

import pytest

from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.verify import verify
from tests.graph.broken import NAMES, Breach, assert_found, change, change_op, first, good


@pytest.mark.parametrize("name", NAMES)
def test_good_networks_are_legal(name: str) -> None:
    verify(good(name))


def test_the_good_networks_have_every_kind_of_operation() -> None:
    made = {type(node.op) for name in NAMES for node in good(name).operations.values()}
    assert made == set(get_args(ops.Op))


# -- operations of any network -------------------------------------------------------------


def another_name(network: Network) -> str:
    name = list(network.operations)[1]
    change(network, name, name="other")
    return f"other is called {name}"


def no_such_input(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    change(network, name, inputs=("nothing",))
    return f"{name} works on nothing, which is no operation"


def used_before_it_is_made(network: Network) -> str:
    name, last = first(network, ops.Conv, ops.Stencil), list(network.operations)[-1]
    change(network, name, inputs=(last,))
    return f"{name} comes before its input {last}"


def works_on_itself(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    change(network, name, inputs=(name,))
    return f"{name} comes before its input {name}"


def in_another_order(network: Network) -> str:
    """The second operation goes to the end."""
    operations, name = network.operations, list(network.operations)[1]
    operations[name] = operations.pop(name)
    user = next(n for n, node in operations.items() if name in node.inputs)
    return f"{user} comes before its input {name}"


def too_many_inputs(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    change(network, name, inputs=network.operations[name].inputs * 2)
    return f"{name} takes 1 inputs, not 2"


def an_input_is_lost(network: Network) -> str:
    name = first(network, ops.Binary)
    change(network, name, inputs=network.operations[name].inputs[:1])
    return f"{name} takes 2 inputs, not 1"


def another_shape(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    shape = network.operations[name].shape
    change(network, name, shape=(*shape[:-1], 99))
    return f"{name} makes {shape}, not {(*shape[:-1], 99)}"


def a_kernel_of_another_rank(network: Network) -> str:
    name = first(network, ops.Conv)
    change_op(network, name, kernel=(3, 3, 3))
    return f"{name} has another rank than its input {_given(network, name)}"


def a_stride_of_another_rank(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    change_op(network, name, stride=(1,))
    return f"{name} has another rank than its input {_given(network, name)}"


def a_size_that_vanishes(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    change_op(network, name, padding=(-99, -99))
    (_, height, width), channels = _given(network, name), network.operations[name].shape[0]
    made = (channels, height - 200, width - 200)
    change(network, name, shape=made)
    return f"{name} makes nothing: {made}"


# -- operations of some kinds ----------------------------------------------------------------


def other_channels(network: Network) -> str:
    name = first(network, ops.Conv)
    op = network.operations[name].op
    assert isinstance(op, ops.Conv)
    change_op(network, name, channels_in=op.channels_in + 1)
    return f"{name} takes {op.channels_in + 1} channels, not {op.channels_in}"


def groups_that_do_not_divide(network: Network) -> str:
    name = first(network, ops.Conv)
    change_op(network, name, groups=7)
    return f"{name} has 7 groups, which do not divide its channels"


def a_norm_of_other_channels(network: Network) -> str:
    name = first(network, ops.BatchNorm)
    change_op(network, name, channels=99)
    return f"{name} takes 99 channels, not {_given(network, name)[0]}"


def a_norm_of_vectors(network: Network) -> str:
    name = first(network, ops.BatchNorm)
    change_op(network, name, dimensions=1)
    return f"{name} is a norm of images of 1 dimensions, given {_given(network, name)}"


def a_sum_of_two_sizes(network: Network) -> str:
    name = next(n for n, node in network.operations.items() if node.op == ops.Binary("+"))
    change(network, name, inputs=("l1_pre2_u_8", "l1_coarsen_u_1"))
    return f"{name} joins (4, 8, 8) and (4, 4, 4)"


def a_pool_of_a_vector(network: Network) -> str:
    change(network, "output_logits_3", op=ops.Pool(False))
    return "output_logits_3 is given (5,), which has no points"


def a_number_with_a_size(network: Network) -> str:
    name = first(network, ops.Constant)
    change(network, name, shape=(1,))
    return f"{name} makes (), not (1,)"


def zeros_like_a_number(network: Network) -> str:
    change(network, "l1_pre1_u_7", op=ops.Zeros(), inputs=("l1_pre1_u_1",))
    return "l1_pre1_u_7 takes its batch size from a number"


# -- sharing groups ----------------------------------------------------------------------------


def a_group_with_another_name(network: Network) -> str:
    name, group = next(iter(network.groups.items()))
    network.groups = {"other": group, **network.groups}
    return f"{name} is called other"


def a_name_without_an_index(network: Network) -> str:
    name, group = next((n, g) for n, g in network.groups.items() if not g.path)
    group.names = (*group.names, "i")
    return f"{name} has indices {group.indices}, called {group.names}"


def a_user_that_is_no_operation(network: Network) -> str:
    name, group = next(iter(network.groups.items()))
    group.users.append("nothing")
    return f"{name} is used by nothing, which is no operation"


def a_user_of_another_group(network: Network) -> str:
    one, other = list(network.groups)[:2]
    network.groups[one].users += network.groups[other].users[:1]
    return f"{one} is used by {network.groups[other].users[0]}, which uses {other}"


def a_user_twice(network: Network) -> str:
    name, group = next((n, g) for n, g in network.groups.items() if g.users)
    group.users.append(group.users[0])
    return f"{name} is used by {group.users[0]} twice"


def a_user_that_its_group_does_not_know(network: Network) -> str:
    name, group = next((n, g) for n, g in network.groups.items() if g.users)
    user = group.users.pop()
    return f"{name} does not know its user {user}"


def a_group_is_lost(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    group = network.operations[name].group
    del network.groups[str(group)]
    return f"{name} uses {group}, which is no group"


def weights_without_a_group(network: Network) -> str:
    name = first(network, ops.Conv, ops.Stencil)
    group = network.groups[str(network.operations[name].group)]
    group.users.remove(name)
    change(network, name, group=None)
    return f"{name} uses None, which is no group"


def a_sum_with_weights(network: Network) -> str:
    name, (of, group) = first(network, ops.Binary), next(iter(network.groups.items()))
    group.users.append(name)
    change(network, name, group=of)
    return f"{name} uses {of}, but has no weights"


def _given(network: Network, name: str) -> tuple[int, ...]:
    return network.operations[network.operations[name].inputs[0]].shape


ANYWHERE: list[Breach] = [
    another_name, no_such_input, used_before_it_is_made, works_on_itself, in_another_order,
    too_many_inputs, an_input_is_lost, another_shape, a_stride_of_another_rank,
    a_size_that_vanishes, a_group_with_another_name, a_name_without_an_index,
    a_user_that_is_no_operation, a_user_of_another_group, a_user_twice,
    a_user_that_its_group_does_not_know, a_group_is_lost, weights_without_a_group,
    a_sum_with_weights,
]  # fmt: skip
OF_CONVS: list[Breach] = [
    a_kernel_of_another_rank, other_channels, groups_that_do_not_divide,
    a_norm_of_other_channels, a_norm_of_vectors,
]  # fmt: skip
OF_KINDS: list[Breach] = [
    a_sum_of_two_sizes, a_pool_of_a_vector, a_number_with_a_size, zeros_like_a_number,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("breach", ANYWHERE)
def test_a_breach_in_any_network(breach: Breach, name: str) -> None:
    assert_found(breach, good(name))


@pytest.mark.parametrize("name", [name for name in NAMES if "poisson" not in name])
@pytest.mark.parametrize("breach", OF_CONVS)
def test_a_breach_of_convolutions_and_norms(breach: Breach, name: str) -> None:
    assert_found(breach, good(name))


@pytest.mark.parametrize("breach", OF_KINDS)
def test_a_breach_of_other_kinds(breach: Breach) -> None:
    assert_found(breach, good("kinds"))


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        (ops.Linear, {"features_in": 3}, "takes 3 features, not 4"),
        (ops.GroupNorm, {"groups": 3}, "has 3 groups, which do not divide its channels"),
        (ops.GroupNorm, {"channels": 8}, "takes 8 channels, not 4"),
        (ops.LayerNorm, {"channels": 8}, "takes 8 channels, not 4"),
        (ops.PReLU, {"channels": 8}, "takes 8 channels, not 4"),
        (ops.Dropout, {"p": 1}, "has the probability 1"),
        (ops.DropPath, {"p": Fraction(-1, 2)}, "has the probability -1/2"),
        (ops.Pool, {"window": (2,), "stride": (2,), "padding": (0,)},
         "has another rank than its input (4, 8, 8)"),
        (ops.Upsample, {"size": (8, 8, 8)}, "has another rank than its input (4, 4, 4)"),
    ],
)  # fmt: skip
def test_other_fields_of_a_kind(kind: type[ops.Op], fields: dict[str, object], words: str) -> None:
    def breach(network: Network) -> str:
        name = first(network, kind)
        change_op(network, name, **fields)
        return f"{name} {words}"

    assert_found(breach, good("kinds"))


@pytest.mark.parametrize("name", ["digits", "unet_mg", "mgnet"])
def test_every_index_of_a_group_has_a_name(name: str) -> None:
    def breach(network: Network) -> str:
        of, group = next((n, g) for n, g in network.groups.items() if g.names)
        group.names = group.names[1:]
        return f"{of} has indices {group.indices}, called {group.names}"

    assert_found(breach, good(name))


@pytest.mark.parametrize("name", ["kinds", "digits", "mgnet"])
@pytest.mark.parametrize(
    "fields",
    [
        {"channels_in": 1}, {"channels_out": 1}, {"kernel": (5, 5)}, {"stride": (3, 3)},
        {"padding": (2, 2)}, {"dilation": (2, 2)}, {"groups": 99}, {"bias": True},
        {"transposed": True},
    ],
    ids=lambda fields: next(iter(fields)),
)  # fmt: skip
def test_a_use_fits_the_operator_of_its_group(fields: dict[str, object], name: str) -> None:
    def breach(network: Network) -> str:
        shared = (g for g in network.groups.values() if len(g.users) > 1)
        group = next(g for g in shared if isinstance(g.op, ops.Conv))
        group.op = replace(group.op, **fields)
        return f"{group.users[0]} does not fit the operator of {group.name}"

    assert_found(breach, good(name))


def test_transposed_uses_may_differ_in_output_padding() -> None:
    network = good("kinds")
    network.groups["P"].op = replace(network.groups["P"].op, output_padding=(0, 0))
    verify(network)
