"""Levels, channels and sizes at their indices."""

import pytest

from mgiad_dsl.graph.network import Network
from tests.small import errors, graph, net


def shape(net_graph: Network, place: str) -> tuple[int, ...]:
    """The shape of the last value that a space was given."""
    values = [e.value for e in net_graph.equations() if e.label == place]
    return net_graph.operations[str(values[-1])].shape


@pytest.mark.parametrize(
    ("size", "levels"),
    [(32, [32, 16, 8, 4]), (33, [33, 17, 9, 5]), (30, [30, 15, 8, 4]), (7, [7, 4, 2, 1])],
)
def test_sizes_follow_from_the_operators(size: int, levels: list[int]) -> None:
    found = graph(net(last="4").replace("32 x 32", f"{size} x {size}"))
    assert [shape(found, f"f[{level}]") for level in range(1, 5)] == [(8, n, n) for n in levels]
    assert [shape(found, f"u[{level}]") for level in range(1, 5)] == [(8, n, n) for n in levels]


def test_height_and_width_differ() -> None:
    found = graph(net().replace("32 x 32", "32 x 20"))
    assert shape(found, "f[2]") == (8, 16, 10)


def test_channels_per_level() -> None:
    found = graph(net(last="3", lets="let c = [4, 6, 10]", channels="c[l]"))
    assert [shape(found, f"u[{level}]")[0] for level in (1, 2, 3)] == [4, 6, 10]


def test_declared_sizes() -> None:
    text = net(channels="width", last="3").replace("width channels", "width channels, size 2^(6-l)")
    assert shape(graph(text), "u[3]") == (8, 8, 8)
    [message] = errors(text.replace("2^(6-l)", "33 - l"))
    assert message == "sizes disagree: f[2] is 31x31 and is given a value of 16x16"


def test_names_of_one_line_share_their_size() -> None:
    text = net(smooth="u[l] = avgpool(u[l] + B[l,1](f[l]), 2x2)", repeat="1")
    [message] = errors(text)
    assert message == "sizes disagree: u[1] is 32x32 and is given a value of 16x16"
    apart = text.replace(
        "spaces u[l], f[l] : width", "spaces u[l] : width channels\nspaces f[l] : width"
    )
    assert errors(apart)[0] == "u[1] is 0, but its size is not known yet"


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ("0", "the channels of f[1] must be 1 to 1,048,576, not 0"),
        ("(1 - l)", "the channels of f[1] must be 1 to 1,048,576, not 0"),
        ("width / 3", "the channels of f[1] must be an integer, not 8/3"),
        ("2M", "the channels of f[1] must be 1 to 1,048,576, not 2,000,000"),
        ("true", "the channels of f[1] must be an integer, not a boolean"),
        ("[1, 2]", "the channels of f[1] must be an integer, not a list"),
    ],
)
def test_channels_are_positive_integers(channels: str, message: str) -> None:
    assert errors(net(channels=channels)) == [message]


def test_sizes_that_vanish() -> None:
    text = net(last="6").replace("stride 2\n", "stride 2 pad 0\n")
    assert errors(text) == ["the size vanishes: conv 3x3 8 -> 8, stride 2 makes 8x0x0 of 8x1x1"]


# -- levels ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("0", "there are no levels l in 1..0"),
        ("10_001", "more than 10,000 levels"),
        ("3/2", "the last level must be an integer, not 3/2"),
        ("V", "the last level must be an integer, not the word `V`"),
    ],
)
def test_ranges(last: str, message: str) -> None:
    assert errors(net(last=last)) == [message]


def test_indices_out_of_range() -> None:
    assert errors(net(output="output o = u[3]")) == ["`u[3]` has no level l = 3"]
    assert errors(net(output="output o = A[0](u[1])")) == ["`A[0]` has no level l = 0"]
    assert errors(net(output="output o = u[1/2]")) == ["an index must be an integer, not 1/2"]


def test_an_index_that_is_no_level_may_be_any_integer() -> None:
    assert not errors(net(smooth="u[l] = u[l] + B[l,-7](f[l] - A[l](u[l]))"))


def test_unreached_levels() -> None:
    text = net(lets="levels k in 1..2 : channel\nspaces h[k] : 3 channels")
    assert errors(text) == ["no equation reaches the level k = 1"]


NESTED = """network net
input image : 3 x 8 x 8
levels l in 1..2 : resolution
levels k in 0..l : channel
spaces u[l,k] : 3 channels
start {{ u[1,0] = image  u[1,1] = image  u[2,0] = image  u[2,1] = image  {} }}
output o = u[1,0]
"""


def test_nested_ranges() -> None:
    assert not errors(NESTED.format("u[2,2] = image"))
    assert errors(NESTED.format("")) == ["no equation reaches the level l = 2, k = 2"]
    assert errors(NESTED.format("u[2,2] = image  u[1,2] = image")) == [
        "`u[1,2]` has no level k = 2"
    ]
