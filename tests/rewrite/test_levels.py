"""A network at -O1 is bit for bit the one at -O0: outputs, statistics, names; with less work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from mgiad_dsl import Source, compile_source
from mgiad_dsl.compiler import Compiled, compile_tree, read
from mgiad_dsl.rewrite import Level
from mgiad_dsl.runtime import load
from tests.zoo import ZOO, drawn, small


def compiled(name: str, level: Level) -> Compiled:
    tree, variant = read(name)
    return compile_tree(tree, variant, small(name), level)


@dataclass
class Pair:
    """A network at both levels, with the same weights."""

    written: nn.Module
    rewritten: nn.Module
    inputs: dict[str, Tensor]

    def __iter__(self) -> Iterator[nn.Module]:
        yield self.written
        yield self.rewritten


@pytest.fixture(scope="module", params=ZOO)
def pair(request: pytest.FixtureRequest) -> Pair:
    torch.manual_seed(0)
    at = [compiled(request.param, level) for level in (0, 1)]
    written, rewritten = (load(each.python).double() for each in at)
    with torch.no_grad():
        for value in written.state_dict().values():
            if value.is_floating_point() and value.ndim <= 1:  # none is like another
                value.copy_((value + 0.1) * torch.empty_like(value).uniform_(0.8, 1.2))
    rewritten.load_state_dict(written.state_dict())
    return Pair(written, rewritten, drawn(at[0].network, 8))


def results(network: nn.Module, inputs: dict[str, Tensor]) -> list[Tensor]:
    """The outputs; dropout draws the same numbers every time."""
    torch.manual_seed(1)
    made = network(*inputs.values())
    return list(made.values()) if isinstance(made, dict) else [made]


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_outputs_and_statistics_are_equal_bit_for_bit(pair: Pair, training: bool) -> None:
    for network in pair:
        network.train(training)
    one, other = (results(network, pair.inputs) for network in pair)
    for made, wanted in zip(other, one, strict=True):
        assert torch.equal(made, wanted)
        assert wanted.isfinite().all()
    for name, buffer in pair.written.named_buffers():
        assert torch.equal(pair.rewritten.get_buffer(name), buffer), name


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_gradients_are_equal_but_for_rounding(pair: Pair, training: bool) -> None:
    directions = [torch.randn_like(made) for made in results(pair.written.eval(), pair.inputs)]
    found = []
    for network in pair:
        network.train(training).zero_grad()
        inputs = {name: each.clone().requires_grad_() for name, each in pair.inputs.items()}
        made = results(network, inputs)
        sum((a * b).sum() for a, b in zip(made, directions, strict=True)).backward()
        slopes = {f"input {name}": each.grad for name, each in inputs.items()}
        found.append(slopes | {n: p.grad for n, p in network.named_parameters()})
    written, rewritten = found
    assert written.keys() == rewritten.keys()
    largest = max(float(g.abs().max()) for g in written.values() if g is not None)
    for name, wanted in written.items():
        got = rewritten[name]
        if got is None and wanted is not None:  # of a weight that only meets zeros
            got = torch.zeros_like(wanted)
        assert (got is None) == (wanted is None), name
        if got is not None and wanted is not None:
            size = max(float(wanted.abs().max()), 1e-2 * largest)
            assert float((got - wanted).abs().max()) <= 1e-12 * size, name


def test_the_state_has_the_same_names_and_shapes(pair: Pair) -> None:
    one, other = ([(n, v.shape) for n, v in net.state_dict().items()] for net in pair)
    assert one == other


@pytest.mark.parametrize("name", ZOO)
def test_weights_are_counted_alike(name: str) -> None:
    one, other = (compiled(name, level).count for level in (0, 1))
    assert (one.weights, one.buffers, one.dead) == (other.weights, other.buffers, other.dead)
    assert one.written == other.written == one.cost
    assert other.macs <= one.macs


@pytest.mark.parametrize(("name", "least"), [("mgnet", 0.12), ("mgiad", 0.07), ("unet_mg", 0.12)])
def test_work_that_is_saved(name: str, least: float) -> None:
    count = compile_tree(read(name)[0]).count
    assert 1 - count.macs / count.written.macs >= least


ON_ZERO = """network on_zero
input image : 2 x 4 x 4
spaces u = v : 2 channels
operators { A : u -> u conv 3x3   B : u -> u conv 3x3 }
start { u = image   u = B(u)   v = 0 }
output o = u + A(v)
"""


def test_a_weight_that_only_meets_zeros_is_used_and_has_no_gradient_once_they_go() -> None:
    source = Source("on_zero", ON_ZERO)
    at = [compile_source(source, level=level) for level in (0, 1)]
    written, rewritten = (load(each.python) for each in at)
    for network in (written, rewritten):
        network(torch.randn(3, 2, 4, 4)).sum().backward()
    assert torch.equal(written.A.weight.grad, torch.zeros(2, 2, 3, 3))
    assert rewritten.A.weight.grad is None
    assert [each.count.dead for each in at] == [0, 0]


NORMS = """network norms
input image : 2 x 4 x 4
operators { A : image -> image conv 3x3   norm : batchnorm   lost : batchnorm }
start { let nothing = lost(A(image)) }
output o = norm(A(image)) + norm(A(image))
"""


def test_statistics_of_norms_that_are_used_twice_or_for_nothing() -> None:
    """Every use that an output needs counts, at both levels; no other does."""
    networks = [
        load(compile_source(Source("norms", NORMS), level=level).python) for level in (0, 1)
    ]
    networks[1].load_state_dict(networks[0].state_dict())
    image = torch.randn(3, 2, 4, 4)
    for network in networks:
        network(image)
        assert network.norm.num_batches_tracked == 2
        assert network.lost.num_batches_tracked == 0
    assert torch.equal(networks[0].norm.running_mean, networks[1].norm.running_mean)
