"""Each pass on specs of a few lines, and the runner that verifies after each of them."""

from __future__ import annotations

import copy
import pkgutil
from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from mgiad_dsl import Source, SpecError, compile_source
from mgiad_dsl import rewrite as rewriting
from mgiad_dsl.base.source import CompilerError
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.tree import Equation
from mgiad_dsl.graph.verify import verify
from mgiad_dsl.rewrite import levels, rewrite
from mgiad_dsl.rewrite.channels_last import put_channels_last
from mgiad_dsl.rewrite.common import merge_common
from mgiad_dsl.rewrite.unneeded import drop_unneeded
from tests.zoo import ZOO, small

OF_LEVELS = list(
    dict.fromkeys(
        each
        for level in levels.LEVELS
        for each in (*levels._PASSES[level], *levels._FOR_DEVICES[level])
    )
)
OF_INFERENCE = (*levels._FIRST_FOR_INFERENCE, *levels._FOR_INFERENCE)
PASSES = list(dict.fromkeys([*OF_LEVELS, *OF_INFERENCE]))
NO_PASSES = {"levels", "replaced"}  # the runner, and what passes end with

TINY = """network tiny
input x : 2 x 6 x 6
input y : 2 x 6 x 6
spaces u = v : 2 channels
operators {{
    A[i] : u -> u conv 3x3
    T[i] : u -> u stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] fixed
    shared : batchnorm
    fresh[*] : batchnorm
    group : groupnorm group_size 1
    s : scalar 1/2
    drop : dropout 1/2
    path : droppath 1/2
}}
start {{ u = x }}
{start}
output o = {output}
"""


def tiny(output: str, start: str = "") -> Network:
    start = start and f"start {{ {start} }}"
    return compile_source(Source("tiny", TINY.format(output=output, start=start))).written


def applied(network: Network) -> Counter[str]:
    """How often each kind of operation is in a network."""
    return Counter(type(node.op).__name__ for node in network.operations.values())


def equation(network: Network, target: str) -> Equation:
    return next(each for each in network.equations() if each.target == target)


# -- common subexpressions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "kind", "before", "after"),
    [
        ("A[1](u) + A[1](u)", "Conv", 2, 1),
        ("relu(A[1](u)) - 2 * relu(A[1](u))", "Activation", 2, 1),
        ("A[1](A[2](u)) + A[1](A[2](u))", "Conv", 4, 2),
        ("T[1](u) + T[1](u)", "Stencil", 2, 1),
        ("group(u) + group(u)", "GroupNorm", 2, 1),
        ("avgpool(u, 3x3 stride 1) + avgpool(u, 3x3 stride 1)", "Pool", 2, 1),
        ("upsample(u, 2) + upsample(u, 2)", "Upsample", 2, 1),
        ("(-u) + (-u)", "Negate", 2, 1),
        ("s * u + s * u", "Binary", 3, 2),
        # what only looks alike
        ("A[1](u) + A[2](u)", "Conv", 2, 2),
        ("T[1](u) + T[2](u)", "Stencil", 2, 2),
        ("A[1](u) + A[1](A[1](u))", "Conv", 3, 2),
        ("relu(u) + gelu(u)", "Activation", 2, 2),
        ("avgpool(u, 3x3 stride 1) + maxpool(u, 3x3 stride 1)", "Pool", 2, 2),
        ("upsample(u, 2) + upsample(u, 2, bilinear)", "Upsample", 2, 2),
        ("(u - A[1](u)) + (A[1](u) - u)", "Binary", 3, 3),
        ("2 * u + 3 * u", "Binary", 3, 3),
        # what changes at every use
        ("shared(u) + shared(u)", "BatchNorm", 2, 2),
        ("fresh(u) + fresh(u)", "BatchNorm", 2, 2),
        ("relu(shared(u)) + relu(shared(u))", "Activation", 2, 2),
        # numbers stay where they are used
        ("2 * u + 2 * A[1](u)", "Constant", 2, 2),
        ("s * u + s * A[1](u)", "Scalar", 2, 2),
    ],
)
def test_what_is_computed_twice_is_merged(output: str, kind: str, before: int, after: int) -> None:
    network = tiny(output)
    assert applied(network)[kind] == before
    assert applied(merge_common(network))[kind] == after


def test_users_of_what_was_merged_use_the_first() -> None:
    merged = merge_common(tiny("u", "let a = relu(A[1](u))  let b = relu(A[1](u))  u = a - b"))
    a, b = equation(merged, "a"), equation(merged, "b")
    assert a.value == b.value
    assert a.slots == b.slots
    assert merged.operations[merged.outputs["o"]].inputs == (a.value, a.value)
    assert merged.groups["A.1"].users == [a.slots[0]]


def test_outputs_that_are_equal_are_one_value() -> None:
    merged = merge_common(tiny("A[1](u)\noutput p = A[1](u)"))
    assert len(set(merged.outputs.values())) == 1
    assert list(merged.outputs) == ["o", "p"]


def test_zeros_are_merged_that_are_like_the_same() -> None:
    network = tiny("u - v", "u = 0  v = 0")
    one, other = (n for n, x in network.operations.items() if isinstance(x.op, ops.Zeros))
    assert merge_common(network) == network
    like = network.operations[one].inputs
    network.operations[other] = replace(network.operations[other], inputs=like)
    assert applied(merge_common(network))["Zeros"] == 1


def test_zeros_of_two_spaces_stay_two() -> None:
    text = """network zeros
    input x : 2 x 6 x 6
    spaces u : 2 channels, size 6
    spaces g : 2 channels, size 6
    operators { B : g -> u conv 3x3  C : u -> g conv 3x3 }
    start { u = 0  g = 0  g = g + C(u) }
    output o = B(g) + u
    """
    compiled = compile_source(Source("zeros", text))
    merged = merge_common(compiled.written)
    verify(merged)
    assert applied(merged)["Zeros"] == 2


def test_only_what_has_state_or_chance_does_not_repeat() -> None:
    """A new kind of operation must say whether it gives the same again."""
    made = [
        ops.Input("x"), ops.Zeros(), ops.Constant(1), ops.Scalar(1), ops.Conv(1, 1, (1, 1)),
        ops.Stencil(((1,),), True), ops.Linear(1, 1), ops.BatchNorm(1), ops.GroupNorm(1, 1),
        ops.LayerNorm(1), ops.PReLU(1), ops.Dropout(0), ops.DropPath(0), ops.Activation("relu"),
        ops.Pool(True),
        ops.Upsample((1, 1), "nearest"), ops.Binary("+"), ops.Negate(), ops.Join(2),
    ]  # fmt: skip
    assert {type(op) for op in made} == set(get_args(ops.Op))
    once = [ops.Input("x"), ops.BatchNorm(1), ops.Dropout(0), ops.DropPath(0)]
    assert [op for op in made if not ops.repeats(op)] == once


def test_what_has_chance_is_never_merged() -> None:
    network = tiny("A[1](relu(A[1](u))) + A[1](relu(A[1](u)))")
    assert applied(merge_common(network))["Conv"] == 2
    for name, kind in (("drop", "Dropout"), ("path", "DropPath")):
        merged = merge_common(tiny(f"A[1]({name}(A[1](u))) + A[1]({name}(A[1](u)))"))
        assert (applied(merged)[kind], applied(merged)["Conv"]) == (2, 3)


@pytest.mark.parametrize("level", levels.LEVELS)
def test_chance_is_gone_for_inference(level: levels.Level) -> None:
    """What it kept apart is then computed once."""
    network = tiny("drop(path(drop(A[1](drop(u) - path(v))))) + A[1](u - v)", "v = y")
    assert not {"Dropout", "DropPath"} & applied(rewrite(network, level, True)).keys()
    assert applied(rewrite(network, level, True))["Conv"] == (1 if level else 2)
    assert applied(rewrite(network, level)) >= Counter(Dropout=3, DropPath=2, Conv=2)


# -- operations nobody needs -------------------------------------------------------------------


def test_what_no_output_needs_is_dropped() -> None:
    network = tiny("u", "let lost = relu(A[1](u))  let half = 2 * A[2](u)  u = half")
    dropped = drop_unneeded(network)
    assert "lost" not in {each.target for each in dropped.equations()}
    assert applied(dropped) == applied(network) - Counter(Activation=1, Conv=1)
    assert dropped.groups["A.1"].users == []
    assert dropped.groups.keys() == network.groups.keys()
    assert [replace(g, users=[]) for g in dropped.groups.values()] == [
        replace(g, users=[]) for g in network.groups.values()
    ]


def test_inputs_stay() -> None:
    dropped = drop_unneeded(tiny("u"))
    assert dropped.inputs == {"x": "input_x_1", "y": "input_y_1"}
    assert list(dropped.operations) == ["input_x_1", "input_y_1"]


def test_an_equation_that_names_a_needed_value_stays() -> None:
    dropped = drop_unneeded(tiny("u", "v = relu(u)  u = v"))
    assert [each.target for each in dropped.equations()] == ["u", "v", "u", "o"]


def test_a_network_without_waste_stays_as_it_is() -> None:
    """But for its images, where they lie channels last (test_channels_last.py)."""
    network = tiny("A[2](relu(A[1](u)))")
    for pass_ in OF_LEVELS:
        assert pass_(network) == network or pass_ is put_channels_last


# -- all passes, on all specs ------------------------------------------------------------------


@pytest.fixture(scope="module", params=ZOO)
def written(request: pytest.FixtureRequest) -> Network:
    return compile_tree(read(request.param)[0], None, small(request.param)).written


@pytest.mark.parametrize("pass_", PASSES)
def test_a_pass_leaves_a_legal_network_and_its_argument(pass_: levels.Rewrite, written) -> None:
    before = copy.deepcopy(written)
    verify(pass_(written))
    assert written == before


@pytest.mark.parametrize("pass_", PASSES)
def test_a_pass_twice_is_the_pass(pass_: levels.Rewrite, written: Network) -> None:
    once = pass_(written)
    assert pass_(once) == once


@pytest.mark.parametrize("inference", [False, True])
def test_the_passes_together_twice_are_the_passes(inference: bool, written: Network) -> None:
    once = rewrite(written, 1, inference)
    assert rewrite(once, 1, inference) == once


def test_no_norm_is_merged(written: Network) -> None:
    needed = written.live()
    norms = {
        n for n, x in written.operations.items() if isinstance(x.op, ops.BatchNorm) and n in needed
    }
    assert norms <= rewrite(written, 1).operations.keys()


# -- the runner --------------------------------------------------------------------------------


def _names(level: levels.Level) -> list[str]:
    return [each.__name__ for each in (*levels._PASSES[level], *levels._FOR_DEVICES[level])]


def test_what_runs_at_each_level() -> None:
    assert _names(0) == []
    assert _names(1)[-1] == "drop_unneeded"  # what the others leave over


def test_every_file_is_a_pass_of_some_level_or_for_inference() -> None:
    files = {module.name for module in pkgutil.iter_modules(rewriting.__path__)} - NO_PASSES
    assert {each.__module__.rpartition(".")[2] for each in PASSES} == files


@pytest.mark.parametrize("inference", [False, True])
@pytest.mark.parametrize("level", levels.LEVELS)
def test_the_runner_verifies_after_every_pass(
    level: levels.Level, inference: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = tiny("A[1](u) + A[1](u)")
    first = ["drop_chance"] * inference
    then = ["drop_unneeded", "fold_norms", "drop_unused", "put_channels_as_given"] * inference
    names = [name for each in [*first, *_names(level), *then] for name in (each, "verify")]
    done: list[tuple[str, Network]] = []

    def noted(pass_: levels.Rewrite) -> levels.Rewrite:
        def run(given: Network) -> Network:
            made = pass_(given)
            done.append((pass_.__name__, made))
            return made

        return run

    for of in ("_PASSES", "_FOR_DEVICES"):
        passes = {each: tuple(map(noted, getattr(levels, of)[each])) for each in levels.LEVELS}
        monkeypatch.setattr(levels, of, passes)
    for of in ("_FIRST_FOR_INFERENCE", "_FOR_INFERENCE"):
        monkeypatch.setattr(levels, of, tuple(map(noted, getattr(levels, of))))
    monkeypatch.setattr(levels, "verify", lambda given: done.append(("verify", given)))
    result = rewrite(network, level, inference)
    assert [name for name, _ in done] == names
    assert all(done[at][1] is done[at + 1][1] for at in range(0, len(done), 2))
    assert result is (done[-1][1] if done else network)


def test_a_pass_that_breaks_a_network_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets_outputs(network: Network) -> Network:
        return replace(network, outputs={})

    monkeypatch.setattr(levels, "_PASSES", {0: (), 1: (forgets_outputs,)})
    with pytest.raises(CompilerError, match="the network has no output"):
        tiny("u")


def test_the_network_as_written_is_verified_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Network] = []
    monkeypatch.setattr("mgiad_dsl.compiler.verify", seen.append)
    assert seen == [tiny("u")]


def test_a_level_that_is_none() -> None:
    source = Source("tiny", TINY.format(output="u", start=""))
    with pytest.raises(SpecError, match="there is no level 3 of optimisation") as caught:
        compile_source(source, level=3)  # type: ignore[arg-type]
    assert caught.value.hint == "0, 1 or 2"
