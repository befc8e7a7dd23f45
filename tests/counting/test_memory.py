"""The memory of training and inference: as PyTorch measures it, and by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis.strategies import integers
from torch import Tensor, nn

import mgiad_dsl
from mgiad_dsl import Compiled, Source, SpecError, compile_source
from mgiad_dsl.cli import main
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.counting.memory import Memory
from mgiad_dsl.counting.saved import Saved
from mgiad_dsl.graph.ops import Input
from mgiad_dsl.language.words import ACTIVATIONS
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load
from tests.counting.measured import peak_bytes, saved_bytes
from tests.graph.broken import KINDS
from tests.nested_specs import nested
from tests.random_specs import Plan, plans, text
from tests.test_properties import BOUNDED, levels
from tests.wild_specs import at_rank
from tests.zoo import ZOO, small

BATCH = 2
# What the zoo has not: arithmetic of learnable numbers, maxima, a norm of vectors, operators of
# zeros and of images, a value that only lends a zero its batch size.
OTHERS = {
    "kinds": KINDS,
    "numbers": """network numbers
    input x : 2 x 6 x 6
    operators { s : scalar 1/2   t : scalar 2   A : x -> x conv 3x3 bias }
    let a = 3
    output one = 2 / s * x + x / 4 - tanh(t / s) * A(x)
    output two = A(x) / (s^2 + 1) + s^t * x + 2^s * x + 3 / (t + s) * A(x)
    output three = -sigmoid(a * x) / t + s^(-1) * gelu(x)
    """,
    "points": """network points
    input x : 3 x 8 x 8
    operators { A : x -> 4 conv 3x3   L : 4 -> 5 linear   norm[*] : batchnorm   layer : layernorm
                group : groupnorm group_size 5 }
    output one = group(layer(norm(silu(L(avgpool(A(x)))))))
    output two = layer(L(maxpool(A(x)))) + L(maxpool(leaky_relu(A(x))))
    output three = maxpool(upsample(avgpool(A(x), 3x3 stride 2), 2, bilinear), 3x3)
    """,
    "products": """network products
    input x : 3 x 8 x 8
    input field : 1 x 8 x 8
    spaces u : 4 channels
    spaces k : 1 channels
    operators { A : x -> u conv 3x3   B : u -> u conv 3x3
                K : x -> k conv 3x3   Q : field -> k conv 1x1 }
    output one = field * A(x) + A(x) * field
    output two = tanh(A(x)) * sigmoid(B(avgpool(A(x)))) + K(x) * B(A(x))
    output three = A(x) * A(x) + relu(K(x)) * (Q(field) * A(x))
    """,
    "boundaries": """network boundaries
    input x : 4 x 8 x 8
    operators { A : x -> x conv 3x3   C : x -> x conv 3x3 pad circular group_size 2
                E : x -> x conv 5x3 pad replicate   M : x -> x conv 3x3 pad 2 x 1 reflect stride 2
                S : x -> x stencil [[0,1,0],[1,-4,1],[0,1,0]] fixed pad circular }
    output one = C(x) + E(x) + S(x)
    output two = C(A(x)) + E(relu(A(x))) + S(A(x)) * E(C(x))
    output three = M(x) + M(A(x))
    """,
    "chance": """network chance
    input x : 3 x 8 x 8
    spaces u : 4 channels
    operators { A : x -> u conv 3x3   B : u -> u conv 3x3   L : u -> 5 linear   act : prelu
                d : dropout 1/2   none : dropout 0   e : droppath 1/4   whole : droppath 0 }
    output one = B(d(A(x))) + e(act(A(d(x)))) - none(d(relu(A(x)))) * whole(e(A(x)))
    output two = B(none(A(x))) + tanh(whole(none(B(A(x))))) + B(A(x))
    output three = e(L(d(avgpool(d(none(A(x)))))))
    """,
    "beside": """network beside
    input x : 3 x 8 x 8
    spaces u, v : 4 channels
    operators { A : x -> u conv 3x3   B : x -> v conv 1x1   M : u, v, x -> u conv 3x3
                N : u, u -> u conv 1x1 group_size 4   G : x, x -> u conv 1x1 }
    output one = M(relu(A(x)), B(x), x) * N(A(x), A(x))
    output two = G(x, x) + relu(M(A(x), B(x), x))
    """,
    "zeros": """network zeros
    input x : 2 x 8 x 8
    levels l in 1..1 : resolution
    spaces u[l], f[l] : 4 channels
    operators { theta : x -> f[1] conv 3x3   H : u[1] -> 3 conv 1x1 bias   A : x -> x conv 3x3 }
    start { f[1] = relu(theta(relu(x)))   u[1] = 0 }
    output y = H(u[1])
    output z = A(A(x) - A(x))
    output w = tanh(u[1])
    """,
    "sizes": """network sizes
    input x : 4 x 14 x 14
    levels l in 1..3 : resolution
    spaces u[l] : 4 channels
    operators { A : u[l] -> u[l] conv 3x3   R : u[l-1] -> u[l] conv 3x3 stride 2
                P : u[l] -> u[l-1] conv 3x3 stride 2 transposed
                Q : u[l] -> u[l-1] stencil [[1,2,1],[2,4,2],[1,2,1]] stride 2 transposed fixed }
    start { u[1] = x }
    cycle over l : V {
        smooth { u[l] = u[l] + relu(A(u[l])) }
        coarsen { u[l+1] = R(u[l]) }
        correct { u[l] = u[l] + relu(P(u[l+1])) * 2 - Q(u[l+1]) }
    }
    output y = u[1]
    """,
    "told": """network told
    input x : 4 x 4 x 4
    levels l in 1..3 : resolution
    spaces u[l] : 4 channels, size l == 1 ? 14 : l == 2 ? 7 : 4
    operators { P : u[l] -> u[l-1] conv 3x3 stride 2 transposed }
    start { u[3] = x   u[2] = P(u[3])   u[1] = P(u[2]) }
    output y = u[1]
    """,
    "known": """network known
    input x : 4 x 8 x 8
    levels l in 1..2 : resolution
    spaces u[l] : 4 channels
    spaces f[l] : 12 channels
    operators { F : x -> f[1] conv 3x3   A : u[l] -> f[l] conv 3x3   B : f[l] -> u[l] conv 3x3
                R : u[l-1] -> u[l] conv 3x3   Q : f[l-1] -> f[l] conv 3x3 }
    start { u[1] = x   f[1] = F(x) }
    cycle over l : backslash {
        smooth { u[l] = u[l] + B(f[l] - A(u[l])) }
        coarsen { u[l+1] = R(u[l])   f[l+1] = Q(f[l]) + A(u[l+1]) }
    }
    output y = u[2]
    """,
}
# One operation each, on 4 channels, so that the peak is there.
ALONE = {
    "conv": ("conv 3x3 dilation 2", "8 x 8"),
    "circle": ("conv 3x3 pad circular", "8 x 8"),
    "mirror": ("conv 3x3 stride 2 pad 2 reflect", "8 x 8"),
    "edge": ("stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] learnable pad replicate", "8 x 8"),
    "narrow": ("conv 3x3 stride 3 group_size 2 bias", "8 x 8"),
    "fixed": ("stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] fixed", "8 x 8"),
    "learned": ("stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] learnable", "8 x 8"),
    "maxima": ("maxpool 2x2", "8 x 8"),
    "means": ("avgpool 3x3", "8 x 8"),
    "batch": ("batchnorm", "8 x 8"),
    "group": ("groupnorm group_size 2", "8 x 8"),
    "layer": ("layernorm", "8 x 8"),
    "point": ("layernorm", "1 x 1"),
    "slope": ("prelu", "8 x 8"),
    "dropped": ("dropout 1/2", "8 x 8"),
    "paths": ("droppath 1/2", "8 x 8"),
}


@cache
def zoo(name: str, level: Level) -> Compiled:
    tree, variant = read(name)
    return compile_tree(tree, variant, small(name), level)


@cache
def other(name: str, level: Level) -> Compiled:
    return compile_source(Source(name, OTHERS[name]), level=level)


class Dropout(nn.Dropout):
    """That of a GPU keeps booleans; a CPU has numbers in the dtype of what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.native_dropout(x, self.p, True)[0] if self.training and self.p else x


def as_given(compiled: Compiled) -> Compiled:
    """The network that leaves its images as they lie in memory, as on a GPU."""
    network = compiled.network
    operations = {
        name: replace(node, op=replace(node.op, channels_last="never"))
        if isinstance(node.op, Input)
        else node
        for name, node in network.operations.items()
    }
    return replace(compiled, network=replace(network, operations=operations))


def built(compiled: Compiled) -> nn.Module:
    """The network with small groups as they are: computed together, weights are kept twice."""
    network = load(compiled.python, compiled.name.partition(":")[0])
    for module in network.modules():
        if type(module).__name__ == "SmallGroups2d":
            module.__class__ = nn.Conv2d
        elif isinstance(module, nn.Dropout):
            module.__class__ = Dropout
    return network


def images(compiled: Compiled, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    network = compiled.network
    shapes = [network.operations[value].shape for value in network.inputs.values()]
    return [torch.randn(BATCH, *shape, dtype=dtype) for shape in shapes]


def check(compiled: Compiled) -> None:
    """Both are what is measured, to the byte."""
    memory, network = compiled.memory(BATCH), built(as_given(compiled))
    assert memory.saved == saved_bytes(network, images(compiled))
    assert memory.peak == peak_bytes(network, images(compiled))


# -- as measured ---------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ZOO)
def test_of_the_zoo(name: str, level: Level) -> None:
    check(zoo(name, level))


@pytest.mark.parametrize("name", ZOO)
def test_of_the_zoo_with_channels_last(name: str) -> None:
    """That layout takes no more, but for the copies of the images."""
    compiled = zoo(name, 2)
    memory, network = compiled.memory(BATCH), built(compiled)
    always = "always" in compiled.program.channels_last.values()
    copied = sum(image.nbytes for image in images(compiled)) if always else 0
    assert memory.saved == saved_bytes(network, images(compiled))
    assert memory.peak + copied == peak_bytes(network, images(compiled))
    if always:
        last = [each.to(memory_format=torch.channels_last) for each in images(compiled)]
        assert memory.peak == peak_bytes(network, last)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", OTHERS)
def test_of_other_operations(name: str, level: Level) -> None:
    check(other(name, level))


@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["kinds", "points", "boundaries", "sizes"])
def test_of_signals_and_volumes(name: str, level: Level, rank: int) -> None:
    text = at_rank(OTHERS[name], rank).replace("5x3", "5" if rank == 1 else "3x1x3")
    text = text.replace("pad 2 x 1 reflect", "pad 2 reflect" if rank == 1 else "pad 1 reflect")
    check(compile_source(Source(name, text), level=level))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_of_cycles_in_cycles(seed: int, level: Level) -> None:
    """Methods that call themselves hold values on each level."""
    check(compile_source(Source("nested", nested(seed)), level=level))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ALONE)
def test_of_one_operation(name: str, rank: int) -> None:
    kind, size = ALONE[name]
    signature = "" if "norm" in kind else "x -> x"
    text = f"network n input x : 4 x {size} operators {{ A : {signature} {kind} }} output y = A(x)"
    text = at_rank(text, rank).replace("0 x 0 x 0", "1 x 1 x 1")
    check(compile_source(Source("n", text)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_of_every_activation(name: str) -> None:
    text = f"""
    network n
    input x : 2 x 6 x 6
    operators {{ A : x -> x conv 3x3 }}
    output y = upsample({name}(A(x) - x), 2)
    """
    check(compile_source(Source("n", text)))


@settings(BOUNDED, max_examples=40)
@given(plans(), levels)
def test_of_random_networks(plan: Plan, level: Level) -> None:
    check(compile_source(Source("drawn.mgspec", text(plan)), level=level))


@pytest.mark.parametrize("name", ["mgiad", "unet_mg", "kinds", "chance"])
def test_of_another_dtype(name: str) -> None:
    """On a CPU the statistics of norms are in bfloat16 as well, on a GPU in float32."""
    compiled = zoo(name, 1) if name in ZOO else other(name, 1)
    memory = compiled.memory(BATCH, "bf16")
    network = built(compiled).to(torch.bfloat16)
    statistics = [each.array for each in memory.tensors if each.array.content == "statistics"]
    more = sum(BATCH * 2 * each.elements if each.each else 2 * each.elements for each in statistics)
    assert statistics or name == "chance"
    assert memory.saved - more == saved_bytes(network, images(compiled, torch.bfloat16))
    assert memory.weights == sum(tensor.nbytes for tensor in network.state_dict().values())


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["mgnet", "poisson_learned", "zeros"])
def test_weights_gradients_and_momentum(name: str, level: Level) -> None:
    compiled = zoo(name, level) if name in ZOO else other(name, level)
    memory, network = compiled.memory(BATCH), built(compiled)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    outputs = network(*images(compiled))
    values = outputs.values() if isinstance(outputs, dict) else [outputs]
    sum(value.square().mean() for value in values).backward()
    optimiser.step()
    gradients = [p.grad.nbytes for p in network.parameters() if p.grad is not None]
    momenta = [state["momentum_buffer"].nbytes for state in optimiser.state.values()]
    assert memory.weights == sum(tensor.nbytes for tensor in network.state_dict().values())
    assert memory.gradients == sum(gradients)
    assert memory.momentum == sum(momenta)


# -- by hand -------------------------------------------------------------------------------

BY_HAND = """network hand
input x : 2 x 4 x 4
levels l in 1..2 : resolution
spaces u[l] : 3 channels
operators { S : x -> u[1] conv 3x3   R[l] : u[l-1] -> u[l] conv 3x3 stride 2
            W : u[2] -> 5 linear     norm[*] : batchnorm   lost : x -> 7 conv 1x1 }
start { u[1] = relu(norm(S(x))) }
cycle over l : backslash { smooth { u[l] = u[l] + relu(u[l]) }  coarsen { u[l+1] = R[l+1](u[l]) } }
output y = W(avgpool(u[2]))
"""


def by_hand(dtype: str = "float32") -> Memory:
    return compile_source(Source("hand", BY_HAND)).memory(10, dtype)


def test_arithmetic() -> None:
    """Of ten images: S saves x, norm what S gives, relu its result, R the sum, W the means."""
    memory = by_hand()
    x, fine, coarse, means = (40 * n for n in (2 * 16, 3 * 16, 3 * 4, 3))
    operations = {name: memory.of(saved) for name, saved in memory.by(_operation).items()}
    assert operations == {
        "Conv": x + fine,  # of S and of R
        "BatchNorm": fine + 4 * 6,
        "Activation": 2 * fine + coarse,  # one on the coarsest level
        "Linear": means,
    }
    weights = 3 * 18 + 3 * 27 + 20 + 6
    lost, statistics = 14, 6
    assert memory.gradients == memory.momentum == 4 * weights
    assert memory.weights == 4 * (weights + lost + statistics) + 8
    assert memory.saved == sum(operations.values())
    assert memory.training == memory.weights + 2 * memory.gradients + memory.saved
    assert memory.peak == x + 3 * fine  # x, u[1], its relu and the sum
    assert memory.inference == memory.weights + memory.peak


def _operation(saved: Saved) -> str:
    return type(saved.by.op).__name__


def test_each_part_is_summed_once() -> None:
    for name in ("mgiad", "unet_mg"):
        memory = zoo(name, 1).memory(BATCH)
        for parts in (memory.by(_operation), memory.by(lambda saved: saved.of.place.label)):
            assert sum(map(memory.of, parts.values())) == memory.saved


@settings(BOUNDED, max_examples=30)
@given(plans(), integers(0, 10**9))
def test_the_largest_batch_fits_and_one_more_does_not(plan: Plan, room: int) -> None:
    compiled = compile_source(Source("drawn.mgspec", text(plan)))
    largest = compiled.memory(1).largest(room)
    assert largest is not None
    if largest:
        assert compiled.memory(largest).training <= room
    assert compiled.memory(largest + 1).training > room


def test_more_room_and_fewer_bytes_fit_more() -> None:
    compiled = zoo("mgnet", 1)
    one = compiled.memory(1)
    batches = [one.largest(room) for room in range(0, 10 * one.training, one.training // 7)]
    assert batches[0] == 0
    assert batches == sorted(batches)
    assert len(set(batches)) > 5
    sizes = [compiled.memory(1, name).largest(2**30) for name in ("float64", "float32", "bf16")]
    assert sizes == sorted(sizes)


def test_what_saves_nothing_of_an_image_trains_with_any_batch() -> None:
    memory = zoo("poisson", 1).memory(1)
    assert memory.saved == memory.gradients == 0
    assert memory.largest(memory.weights) is None
    assert memory.largest(memory.weights - 1) == 0


def test_a_batch_and_a_dtype_that_are_none() -> None:
    with pytest.raises(SpecError, match="a batch of 0 has no image"):
        mgiad_dsl.memory("digits", 0)
    with pytest.raises(SpecError, match="there is no dtype float99"):
        mgiad_dsl.memory("digits", 1, "float99")
    with pytest.raises(SpecError, match="has no parameter `batch`"):
        mgiad_dsl.memory("digits", 1, batch=2)


# -- the command ---------------------------------------------------------------------------


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["count", *arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "hand.mgspec"
    path.write_text(BY_HAND)
    return str(path)


def test_json_and_table_have_the_same_numbers(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = by_hand("float16")
    asked = (spec, "--batch", "10", "--dtype", "fp16", "--fit", "16 MiB")
    facts = json.loads(printed(capsys, *asked, "--json"))
    found = facts["memory"]
    assert {key: found[key] for key in ("batch", "dtype", "saved", "training", "peak")} == {
        "batch": 10,
        "dtype": "float16",
        "saved": memory.saved,
        "training": memory.training,
        "peak": memory.peak,
    }
    assert (found["room"], found["largest"]) == (2**24, memory.largest(2**24))
    assert found["training"] == sum(found[k] for k in ("weights", "gradients", "momentum", "saved"))
    assert found["inference"] == found["weights"] + found["peak"]
    assert sum(found["by_operation"].values()) == sum(found["by_level"].values()) == found["saved"]
    assert found["by_level"].keys() == {"none", "l=1", "l=2"}
    assert found["by_level"]["none"] == 20 * 2 * 16  # the images
    table = printed(capsys, *asked)
    numbers = [n for n in found.values() if isinstance(n, int)]
    numbers += [*found["by_operation"].values(), *found["by_level"].values()]
    for number in numbers:
        assert f"{number:,}" in table or number == found["room"]
    del facts["memory"]
    assert facts == json.loads(printed(capsys, spec, "--json"))


def test_tables_of_memory_stand_behind_those_of_the_count(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = printed(capsys, spec)
    assert "memory" not in plain
    assert printed(capsys, spec, "--batch", "3").startswith(plain)


def test_the_largest_batch_is_shown_where_none_is_given(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(printed(capsys, spec, "--fit", "1 MB", "--json"))["memory"]
    assert found["batch"] == found["largest"] == by_hand().largest(10**6)
    assert found["training"] <= 10**6 < found["training"] + found["saved"] / found["batch"] + 24


def test_side_by_side(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, spec, "digits", "--fit", "1GiB", "-O0")
    rows = [line.split() for line in out.partition("memory in bytes\n")[2].splitlines()[2:]]
    assert [row[0] for row in rows] == ["hand", "digits"]
    assert all(row[2] == row[-1] for row in rows)  # the batch is the largest
    facts = json.loads(printed(capsys, spec, "digits", "--fit", "1GiB", "-O0", "--json"))
    assert [f"{each['memory']['saved']:,}" for each in facts] == [row[4] for row in rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "0"], "--batch 0 is not a number of at least 1"),
        (["--batch", "-3"], "--batch -3 is not a number of at least 1"),
        (["--batch", "2", "--dtype", "float99"], "there is no dtype float99"),
        (["--dtype", "bf16"], "--dtype is that of a batch"),
        (["--fit", "16 bananas"], "'16 bananas' is no amount of memory"),
        (["--fit", "16"], "'16' is no amount of memory"),
        (["--fit", "1 KiB"], "hand does not train in 1 KiB: a batch of one image takes 2.93 KiB"),
        (["--batch", "2", "--vary", "width=1,2"], "--vary counts weights, not memory"),
        (["--batch", "2", "--csv"], "--csv is one table, that of the counts"),
    ],
)
def test_what_cannot_be_asked(
    arguments: list[str], message: str, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["count", spec, *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"error: {message}" in said.err


def test_no_largest_batch(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "poisson", "--fit", "1GiB"]) == 1
    assert "poisson saves nothing of an image" in capsys.readouterr().err
    assert "any" in printed(capsys, "poisson", "--fit", "1GiB", "--batch", "2")


def test_counting_weights_loads_nothing_for_memory() -> None:
    code = "from mgiad_dsl.cli import main; main(['count', 'digits']); print([*sys.modules])"
    code = f"import sys; {code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "mgiad_dsl.counting.count" in loaded
    for module in ("counting.memory", "counting.arrays", "show.memory", "outline", "emit"):
        assert f"'mgiad_dsl.{module}'" not in loaded
