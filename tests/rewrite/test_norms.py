"""Networks for inference: which norms are folded, what is left of weights, and equal outputs."""

from __future__ import annotations

from itertools import count

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from mgiad_dsl import Compiled, Source, SpecError, compile_file, compile_source
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.ops import BatchNorm, Conv, Linear
from mgiad_dsl.graph.verify import verify
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.rewrite.norms import fold_norms, unfolded
from mgiad_dsl.rewrite.unneeded import drop_unneeded
from mgiad_dsl.runtime import load, weights_for
from tests.interpreter import run
from tests.random_specs import Plan, plans, text
from tests.test_properties import BOUNDED, levels
from tests.wild_specs import wild
from tests.zoo import ZOO, drawn, small

TINY = """network tiny
input x : 4 x 6 x 6
spaces u = v = w : 4 channels
spaces h : 4 channels, size 6
operators {{
    A[i] : u -> u conv 3x3 group_size 2
    B    : u -> u conv 3x3 bias
    C    : u -> h conv 3x3
    E    : h -> u conv 1x1
    P    : u -> u conv 3x3 group_size 2 transposed
    T    : u -> u stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] fixed
    L    : u -> 3 linear
    norm[*], fine[*] : batchnorm
    same : batchnorm
    other : batchnorm
    group : groupnorm group_size 1
    dead : u -> u conv 1x1
}}
start {{ u = x }}
{start}
output o = {output}
"""
ELSEWHERE = "whose input is needed elsewhere, too"


def tiny(output: str, start: str = "", level: Level = 1) -> Compiled:
    start = start and f"start {{ {start} }}"
    source = Source("tiny", TINY.format(output=output, start=start))
    return compile_source(source, level=level)


def norms(network: Network) -> list[str]:
    return [name for name, node in network.operations.items() if isinstance(node.op, BatchNorm)]


# -- equal outputs -----------------------------------------------------------------------------


def trained(compiled: Compiled) -> nn.Module:
    """In float64 and eval mode; scales, shifts, statistics and numbers are none like another."""
    torch.manual_seed(0)
    network = load(compiled.python, "trained").double().eval()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point() and value.ndim <= 1 and name != "T.weight":
                value.copy_((value + 0.1) * torch.empty_like(value).uniform_(0.5, 1.5))
    return network


def outputs(network: nn.Module, compiled: Compiled, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    with torch.no_grad():
        made = network(*inputs.values())
    return made if isinstance(made, dict) else dict.fromkeys(compiled.network.outputs, made)


def assert_close(made: dict[str, Tensor], wanted: dict[str, Tensor], tolerance: float) -> None:
    """But for rounding; outputs may differ little from image to image, and that counts."""
    assert made.keys() == wanted.keys()
    for name, value in wanted.items():
        varies = float((value - value.mean(0)).abs().max()) if value.ndim else 0.0
        size = varies if varies > 1e-6 else float(value.abs().max())
        assert float((made[name] - value).abs().max()) <= tolerance * size, name


def check_outputs(compiled: Compiled, tolerance: float = 1e-11) -> Compiled:
    """The network for inference computes what the trained one does in eval mode."""
    network, inference = trained(compiled), compiled.for_inference()
    weights = weights_for(inference, network.state_dict())
    folded = load(inference.python, "folded").double().eval()
    folded.load_state_dict(weights, strict=True)
    inputs = drawn(compiled.network, 5)
    wanted = outputs(network, compiled, inputs)
    assert_close(outputs(folded, inference, inputs), wanted, tolerance)
    graph = run(inference.network, weights, inputs, False)
    assert_close(
        {k: graph[k] for k in wanted if wanted[k].ndim},
        {k: v for k, v in wanted.items() if v.ndim},
        tolerance,
    )
    return inference


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_computes_the_same(name: str, level: Level) -> None:
    tree, variant = read(name)
    check_outputs(compile_tree(tree, variant, small(name), level))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["mgnet:A", "resnet18:cifar10", "digits"])
def test_in_float32(name: str, level: Level) -> None:
    tree, variant = read(name)
    compiled = compile_tree(tree, variant, small(name.partition(":")[0]), level)
    network, inference = trained(compiled).float(), compiled.for_inference()
    folded = load(inference.python).eval()
    folded.load_state_dict(weights_for(inference, network.state_dict()))
    image = torch.randn(5, *next(iter(compiled.network.operations.values())).shape)
    with torch.no_grad():
        torch.testing.assert_close(folded(image), network(image), rtol=1e-5, atol=1e-5)


@settings(BOUNDED, max_examples=40)
@given(plans(), levels)
def test_random_specs_compute_the_same(plan: Plan, level: Level) -> None:
    check_outputs(compile_source(Source("drawn.mgspec", text(plan)), level=level))


@pytest.mark.parametrize("level", LEVELS)
def test_wild_specs_compute_the_same(level: Level) -> None:
    """Until so many norms are folded; what is not folded cannot be."""
    folded = 0
    for seed in count():
        try:
            compiled = compile_source(Source(f"wild{seed}", wild(seed)), level=level)
        except SpecError:
            continue
        if blows_up(compiled):
            continue
        inference = check_outputs(compiled)
        assert not foldable(inference.network)
        folded += len(norms(drop_unneeded(compiled.network))) - len(norms(inference.network))
        if folded > 10:
            return


def blows_up(compiled: Compiled) -> bool:
    """Whether values become so large that few digits are left of what cancels."""
    inputs = drawn(compiled.network, 5)
    made = outputs(trained(compiled), compiled, inputs).values()
    return not all(float(each.abs().max()) < 1e6 for each in made)


def foldable(network: Network) -> list[str]:
    """Norms behind an operator that is used there and nowhere else, told without the pass."""
    found = []
    for name in norms(network):
        given = network.operations[network.operations[name].inputs[0]]
        users = [n for n, node in network.operations.items() if given.name in node.inputs]
        if (
            isinstance(given.op, (Conv, Linear))
            and network.groups[str(given.group)].users == [given.name]
            and users == [name]
            and given.name not in network.outputs.values()
        ):
            found.append(name)
    return found


# -- which norms -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "start"),
    [
        ("norm(A[1](u))", ""),
        ("norm(B(u))", ""),
        ("norm(P(u))", ""),
        ("fine(L(avgpool(u)))", ""),
        ("relu(norm(A[1](relu(norm(A[2](u))))))", ""),
        ("norm(A[1](u)) + norm(A[2](u)) + norm(B(u))", ""),
        ("other(same(norm(A[1](u))))", ""),  # one after the other
        ("same(A[1](u)) + same(A[2](u))", ""),  # one norm, in two operators
        ("same(A[1](relu(same(A[1](u)))))", ""),  # one operator, always with the same norm
        ("u + norm(v)", "v = A[1](u)"),  # a name alone is no use
        ("u", "let a = A[1](u)  let b = norm(a)  u = b"),
        ("E(norm(C(u)))", ""),
        ("norm(A[1](u))", "let lost = relu(A[1](relu(u)))"),  # nothing needs that
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_what_is_folded(output: str, start: str, level: Level) -> None:
    compiled = tiny(output, start, level)
    inference = check_outputs(compiled)
    assert norms(compiled.network)
    assert not norms(inference.network)
    assert not any(isinstance(g.op, BatchNorm) for g in inference.network.groups.values())
    assert not unfolded(inference.network)


@pytest.mark.parametrize(
    ("output", "start", "reasons"),
    [
        ("norm(u)", "", {"whose input is an input": 1}),
        ("norm(relu(u))", "", {"whose input is an activation": 1}),
        ("norm(A[1](u) + B(u))", "", {"whose input is a sum": 1}),
        ("norm(u - A[1](u))", "", {"whose input is a difference": 1}),
        ("norm(2 * A[1](u))", "", {"whose input is a product": 1}),
        ("norm(A[1](u) / 3)", "", {"whose input is a quotient": 1}),
        ("norm(-A[1](u))", "", {"whose input is a negative": 1}),
        ("norm(T(u))", "", {"whose input is a stencil": 1}),
        ("norm(group(u))", "", {"whose input is a norm": 1}),
        ("norm(avgpool(u, 2x2))", "", {"whose input is a pooling": 1}),
        ("norm(upsample(u, 2))", "", {"whose input is an upsampling": 1}),
        ("norm(v)", "v = 0", {"whose input is a zero": 1}),
        ("norm(A[1](u)) + A[1](u)", "", {ELSEWHERE: 1}),
        ("norm(v) + v", "v = A[1](u)", {ELSEWHERE: 1}),
        ("norm(A[1](u))\noutput p = A[1](u)", "", {ELSEWHERE: 1}),
        ("norm(A[1](u)) + other(A[1](u))", "", {ELSEWHERE: 2}),
        ("norm(A[1](u)) + A[1](relu(u))", "", {"whose operator A has other uses": 1}),
        ("norm(A[1](norm(A[1](u))))", "", {"whose operator A has other uses": 2}),
        ("same(A[1](same(A[1](u)) + A[1](relu(u))))", "", {"whose operator A has other uses": 2}),
        (
            "norm(A[1](u)) + norm(u - A[2](u)) + norm(B(u)) + norm(B(relu(u)))",
            "",
            {"whose input is a difference": 1, "whose operator B has other uses": 2},
        ),
    ],
)
def test_what_is_not_folded_and_why(output: str, start: str, reasons: dict[str, int]) -> None:
    inference = check_outputs(tiny(output, start))
    assert unfolded(inference.network) == reasons


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("resnet18", 0), ("mgic", 0), ("mgnet:A", 8), ("mgnet", 16), ("unet_mg", 16),
        ("digits", 20), ("mgiad", 54), ("mgiad:imagenet", 54),
    ],
)  # fmt: skip
def test_norms_of_the_zoo_that_are_left(name: str, left: int) -> None:
    inference = compile_file(name).for_inference()
    assert len(norms(inference.network)) == left
    assert not foldable(inference.network)


def test_behind_b_norms_are_folded_and_of_residuals_they_are_not() -> None:
    left = unfolded(compile_file("mgnet:A").for_inference().network)
    assert left == {"whose input is a difference": 7, "whose input is an activation": 1}


def test_an_operator_of_several_uses_that_take_one_norm_keeps_its_geometry() -> None:
    """Transposed, the uses of an operator differ in their output padding."""
    spec = """network sizes
    input x : 2 x 5 x 6
    levels l in 1..3 : resolution
    spaces u[l] : 2 channels
    operators { R : u[l] -> u[l+1] conv 3x3 stride 2
                P : u[l] -> u[l-1] conv 3x3 stride 2 transposed
                q : batchnorm  r : batchnorm }
    start { u[1] = x  u[2] = q(R(u[1]))  u[3] = q(R(u[2])) }
    output y = r(P(u[3]))
    output z = r(P(u[2]))
    """
    for level in LEVELS:
        inference = check_outputs(compile_source(Source("sizes", spec), level=level))
        assert not norms(inference.network)


def test_the_argument_is_untouched_and_the_result_legal() -> None:
    network = tiny("norm(A[1](u))").network
    made = fold_norms(network)
    verify(made)
    assert norms(network)
    assert not norms(made)
    assert [group.made_of for group in made.groups.values() if group.users] == [
        ("A.1", "norm.output_o.0")
    ]
    assert made.groups["A.1"].op == Conv(4, 4, (3, 3), padding=(1, 1), groups=2, bias=True)


# -- what is left of the weights ---------------------------------------------------------------


def test_norms_in_a_list_close_up_and_know_what_they_were() -> None:
    output = "norm(u + norm(A[1](u)) + norm(relu(u)) + norm(A[2](u)))"
    inference = check_outputs(tiny(output))
    made_of = {g.name: g.made_of for g in inference.network.groups.values()}
    assert made_of == {
        "A.1": ("A.1", "norm.output_o.0"),
        "A.2": ("A.2", "norm.output_o.2"),
        "norm.output_o.0": ("norm.output_o.1",),
        "norm.output_o.1": ("norm.output_o.3",),
    }


def test_passes_keep_their_numbers() -> None:
    """A list of passes has an empty place for one without norms."""
    spec = """network passes
    input x : 2 x 6 x 6
    levels l in 1..2 : resolution
    spaces u[l] : 2 channels
    operators { A[i] : u[1] -> u[1] conv 3x3  R : u[1] -> u[2] conv 3x3 stride 2
                norm[*] : batchnorm }
    start { u[1] = x }
    cycle over l : backslash {
        smooth i in 1..3 { let a = norm(A[i](u[1]))  u[1] = i == 2 ? norm(u[1] + a) : u[1] + a }
        coarsen { u[2] = R(u[1]) }
        solve 0 { u[2] = u[2] }
    }
    output y = u[2]
    """
    inference = check_outputs(compile_source(Source("passes", spec)))
    names = [name for name in load(inference.python).state_dict() if name.startswith("norm")]
    assert {name.rpartition(".")[0] for name in names} == {"norm.l1_pre.1.0"}


def test_weights_that_nothing_uses_are_gone() -> None:
    for level in LEVELS:
        compiled = tiny("norm(A[1](u))", "let lost = E(C(u))", level)
        inference = check_outputs(compiled)
        assert list(load(inference.python).state_dict()) == ["A.1.weight", "A.1.bias"]
        assert inference.count.weights == 4 * 2 * 9 + 4
        assert inference.count.dead == inference.count.buffers == 0
        assert compiled.count.weights > inference.count.weights


def test_the_source_says_what_it_is_and_initialises_nothing() -> None:
    source = compile_file("resnet18").for_inference().python
    assert '"""resnet18: 11,684,712 weights, for inference alone.\n' in source
    assert " -O1 --inference from resnet18.mgspec" in source
    assert "reset_parameters" not in source
    assert "init." not in source.replace("__init__.", "")
    assert "BatchNorm" not in source


def test_a_network_without_norms_stays_as_it_is() -> None:
    compiled = compile_file("poisson_learned", **small("poisson_learned"))
    assert compiled.for_inference().network == compiled.network


# -- weights of another network ----------------------------------------------------------------


def test_weights_of_another_network() -> None:
    compiled = tiny("norm(A[1](u))")
    state = load(compiled.python).state_dict()
    state["A.1.weight"] = torch.zeros(4, 4, 3, 3)
    with pytest.raises(
        SpecError, match=r"A\.1\.weight is \(4, 4, 3, 3\) and should be \(4, 2, 3, 3\)"
    ):
        weights_for(compiled.for_inference(), state)
    with pytest.raises(SpecError, match=r"run has the weights of another .* new is none of its"):
        weights_for(compiled, {**load(compiled.python).state_dict(), "new": torch.zeros(1)}, "run")
    with pytest.raises(SpecError, match=r"norm\.output_o\.0\.running_var is missing"):
        weights_for(compiled, {k: v for k, v in state.items() if not k.endswith("_var")})
