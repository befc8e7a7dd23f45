"""Zeros, cancelled sums, carried residuals, joined operators, folded factors: form and value."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from mgiad_dsl import Source, compile_source
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.verify import verify
from mgiad_dsl.rewrite import Level
from mgiad_dsl.rewrite.cancel import cancel
from mgiad_dsl.rewrite.common import merge_common
from mgiad_dsl.rewrite.constants import fold_constants
from mgiad_dsl.rewrite.join import join_linear
from mgiad_dsl.rewrite.levels import Rewrite
from mgiad_dsl.rewrite.residual import carry_residuals
from mgiad_dsl.rewrite.unneeded import drop_unneeded
from mgiad_dsl.rewrite.zero import drop_zeros
from mgiad_dsl.runtime import load
from tests.zoo import ZOO, drawn, small

TINY = """network tiny
input x : 2 x 6 x 6
input y : 2 x 6 x 6
spaces u = f = r : 2 channels
operators {{
    A : u -> u conv 3x3
    B : u -> u conv 3x3
    C : u -> u conv 3x3 bias
    T : u -> u stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] fixed
    norm : batchnorm
    group : groupnorm group_size 1
    slope : prelu
    drop : dropout 1/4
    path : droppath 1/4
    s : scalar 3/2
}}
start {{ r = y  u = x  {start} }}
output o = {output}
"""


def source(output: str, start: str = "") -> Source:
    return Source("tiny", TINY.format(output=output, start=start))


def tiny(output: str, start: str = "") -> Network:
    return compile_source(source(output, start)).written


def after(network: Network, *passes: Rewrite) -> Counter[str]:
    """What runs after passes: how often each kind of operation, and each sign."""
    for each in (*passes, drop_unneeded):
        network = each(network)
        verify(network)
    kinds = [
        getattr(node.op, "sign", type(node.op).__name__) for node in network.operations.values()
    ]
    return Counter(kind for kind in kinds if kind not in ("Input", "Scalar"))


def values(text: Source, level: Level) -> torch.Tensor:
    torch.manual_seed(0)
    network = load(compile_source(text, level=level).python).double()
    images = torch.randn(2, 3, 2, 6, 6, dtype=torch.float64)
    made: torch.Tensor = network(*images)
    return made


def check_values(output: str, start: str = "") -> None:
    """The outputs at all levels are equal: bit for bit at 1, but for rounding at 2."""
    text = source(output, start)
    wanted = values(text, 0)
    assert torch.equal(values(text, 1), wanted)
    torch.testing.assert_close(values(text, 2), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ("r - A(u)", {}),
        ("r + A(u)", {}),
        ("A(u) + r", {}),
        ("A(u) - r", {"Negate": 1}),
        ("r - A(relu(B(u)))", {}),
        ("r + 2 * T(u)", {}),
        ("r + s * u / 3", {}),
        ("r + upsample(avgpool(u, 2x2), 2)", {}),
        ("r + maxpool(u, 3x3 stride 1)", {}),
        ("r - (-u)", {}),
        ("A(u)", {"Zeros": 1}),
        ("avgpool(A(u))", {"Zeros": 1}),
        ("r + slope(u)", {}),
        # what is not zero at zero
        ("r + C(u)", {"+": 1, "Conv": 1, "Zeros": 1}),
        ("r + sigmoid(u)", {"+": 1, "Activation": 1, "Zeros": 1}),
        ("r + norm(u)", {"+": 1, "BatchNorm": 1, "Zeros": 1}),
        ("r + group(u)", {"+": 1, "GroupNorm": 1, "Zeros": 1}),
        # what draws: the next numbers are to be the same
        ("r + drop(u)", {"+": 1, "Dropout": 1, "Zeros": 1}),
        (
            "path(r) + path(A(drop(u)))",
            {"+": 1, "Conv": 1, "DropPath": 2, "Dropout": 1, "Zeros": 1},
        ),
    ],
)
def test_operators_of_zero(output: str, left: dict[str, int]) -> None:
    assert after(tiny(output, "u = 0"), drop_zeros) == left
    check_values(output, "u = 0")


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ("(r + B(u)) - B(u)", {}),
        ("(B(u) + r) - B(u)", {}),
        ("(r - B(u)) + B(u)", {}),
        ("B(u) + (r - B(u))", {}),
        ("relu((r + u) - u)", {"Activation": 1}),
        ("((r + u) + A(u)) - A(u)", {"+": 1}),
        ("((r + A(u)) - A(u)) + u", {"+": 1}),
        # what is left, or another value
        ("(r - B(u)) - B(u)", {"-": 2, "Conv": 1}),
        ("(r + A(u)) - B(u)", {"+": 1, "-": 1, "Conv": 2}),
        ("B(u) - (r + B(u))", {"+": 1, "-": 1, "Conv": 1}),
        ("(r + norm(u)) - norm(u)", {"+": 1, "-": 1, "BatchNorm": 2}),
    ],
)
def test_what_is_added_and_taken_away(output: str, left: dict[str, int]) -> None:
    assert after(tiny(output), merge_common, cancel) == left
    check_values(output)


STEP = "u = u + relu(f - A(u))"


@pytest.mark.parametrize(
    ("start", "convs"),
    [
        (f"f = r + A(u)  {STEP}", 0),
        (f"f = r + A(u)  {STEP}  {STEP}", 1),
        (f"f = A(u) + r  {STEP}  {STEP}  {STEP}", 2),
        ("f = r + A(u)  u = relu(f - A(u)) + u  u = u + relu(f - A(u))", 1),
        ("f = r + C(u)  u = u + relu(f - C(u))  u = u + relu(f - C(u))", 2),  # a bias
        (f"f = r  {STEP}  {STEP}", 2),  # no sum: nothing to save
        (f"f = r + B(u)  {STEP}  {STEP}", 3),  # of another operator
        (f"f = r + A(u)  {STEP}  {STEP}  u = u + B(f)", 3),  # f is needed all the same
        (f"f = r + A(u)  {STEP}  f = relu(f)  {STEP}", 2),
    ],
)
def test_residuals_are_carried_on(start: str, convs: int) -> None:
    assert after(tiny("u", start), merge_common, carry_residuals)["Conv"] == convs
    check_values("u", start)


def test_a_residual_that_something_else_needs() -> None:
    start = f"f = r + A(u)  {STEP}  let w = A(u)  u = u + B(f - w) + w"
    assert after(tiny("u", start), merge_common, carry_residuals)["Conv"] == 3
    check_values("u", start)


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ("A(u) + A(r)", {"+": 1, "Conv": 1}),
        ("A(u) - A(r)", {"-": 1, "Conv": 1}),
        ("T(u) - T(r)", {"-": 1, "Stencil": 1}),
        ("relu(A(A(u) + A(r)) - A(B(u)))", {"+": 1, "-": 1, "Conv": 3, "Activation": 1}),
        ("avgpool(u, 2x2) - avgpool(r, 2x2)", {"-": 1, "Pool": 1}),
        # not linear, not the same, not alone
        ("maxpool(u, 2x2) - maxpool(r, 2x2)", {"-": 1, "Pool": 2}),
        ("A(u) + B(r)", {"+": 1, "Conv": 2}),
        ("C(u) + C(r)", {"+": 1, "Conv": 2}),
        ("relu(u) + relu(r)", {"+": 1, "Activation": 2}),
        ("(A(u) + A(r)) + relu(A(u))", {"+": 2, "Conv": 2, "Activation": 1}),
    ],
)
def test_operators_of_sums(output: str, left: dict[str, int]) -> None:
    assert after(tiny(output), merge_common, join_linear) == left
    check_values(output)


def test_a_value_with_a_name_keeps_it() -> None:
    network = tiny("u", "let a = A(u)  let b = A(r)  u = a - b")
    assert after(network, join_linear)["Conv"] == 2


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ("2 * (3 * u)", {"*": 1, "Constant": 1}),
        ("(u * 3) / 7", {"*": 1, "Constant": 1}),
        ("2 * (3 * (5 * u))", {"*": 1, "Constant": 1}),
        ("-(-u)", {}),
        ("-(-(-u))", {"Negate": 1}),
        ("r - (-u)", {"+": 1}),
        ("r + (-u)", {"-": 1}),
        # what a number does not meet
        ("2 * (s * u)", {"*": 2, "Constant": 1}),
        ("2 * relu(3 * u)", {"*": 2, "Constant": 2, "Activation": 1}),
        ("2 / s * u", {"*": 1, "/": 1, "Constant": 1}),
    ],
)
def test_factors_and_signs(output: str, left: dict[str, int]) -> None:
    assert after(tiny(output), fold_constants) == left
    check_values(output)


# -- the zoo -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_is_equal_in_real_arithmetic(name: str) -> None:
    made, slopes = [], []
    for level in (0, 2):
        tree, variant = read(name)
        compiled = compile_tree(tree, variant, small(name), level)
        torch.manual_seed(0)
        network = load(compiled.python).double()
        outputs = network(*drawn(compiled.network, 4).values())
        found = list(outputs.values()) if isinstance(outputs, dict) else [outputs]
        if found[0].requires_grad:
            sum(value.square().sum() for value in found).backward()
        made.append(found)
        slopes.append({name: p.grad for name, p in network.named_parameters()})
    for one, other in zip(*made, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-10, atol=1e-10)
    largest = max((float(g.abs().max()) for g in slopes[0].values() if g is not None), default=0)
    for name, wanted in slopes[0].items():
        got = slopes[1][name]
        if got is None and wanted is not None:  # of a weight that only meets zeros
            got = torch.zeros_like(wanted)
        assert (got is None) == (wanted is None), name
        if got is not None and wanted is not None:
            assert float((got - wanted).abs().max()) <= 1e-10 * largest, name


@pytest.mark.parametrize(
    ("name", "level", "millions"),
    [
        ("mgnet", 0, 692), ("mgnet", 1, 569), ("mgnet", 2, 485),
        ("mgiad", 1, 589), ("mgiad", 2, 540), ("unet_mg", 2, 159),
    ],
)  # fmt: skip
def test_work_that_is_left(name: str, level: Level, millions: int) -> None:
    tree, variant = read(name)
    assert compile_tree(tree, variant, {}, level).count.macs <= millions * 10**6
