"""What an emitted file computes is what its graph says, on specs that nobody would write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mgiad_dsl import Compiled, Source, compile_source
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.outline import outline
from mgiad_dsl.outline.program import Function, OnCoarsest
from mgiad_dsl.rewrite import LEVELS, Level
from mgiad_dsl.runtime import load
from tests.interpreter import run
from tests.nested_specs import nested
from tests.wild_specs import wild

BATCHES, SIZE = 6, 10
EPS = 1.0  # of norms: with 1e-5 norms of constants blow up rounding errors
BROKE = sorted(Path(__file__).with_name("wild").glob("*.mgspec"))  # each found a mistake once


def compiled(seed: int, level: Level) -> Compiled | None:
    """None for the few specs that are wrong."""
    try:
        return compile_source(Source(f"wild{seed}.mgspec", wild(seed)), level=level)
    except SpecError:
        return None


class Run:
    """Outputs, gradients of the weights, and buffers after one pass in training."""

    def __init__(self, outputs: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
        total = sum(value.square().mean() for value in outputs.values())
        if isinstance(total, Tensor) and total.requires_grad:
            total.backward()
        self.outputs = {name: value.detach() for name, value in outputs.items()}
        parameters = {name: t for name, t in state.items() if isinstance(t, nn.Parameter)}
        self.gradients = {name: p.grad for name, p in parameters.items() if p.grad is not None}
        self.buffers = {name: t for name, t in state.items() if name not in parameters}


def image_of(compiled_: Compiled) -> Tensor:
    """Two images of the size that a spec declares, or two signals, or volumes."""
    network = compiled_.network
    shape = network.operations[network.inputs["image"]].shape
    return torch.randn(2, *shape, dtype=torch.float64)


def emitted(compiled_: Compiled, image: Tensor) -> Run:
    network = build(compiled_)
    torch.manual_seed(1)
    made = network(image)
    outputs = made if isinstance(made, dict) else dict.fromkeys(compiled_.network.outputs, made)
    return Run(outputs, network.state_dict(keep_vars=True))


def interpreted(
    compiled_: Compiled, image: Tensor, written: bool = False, alike: bool = False
) -> Run:
    """Operation by operation: what runs at the level, or what is ``written``."""
    state = build(compiled_).state_dict(keep_vars=True)
    network = compiled_.written if written else compiled_.network
    torch.manual_seed(1)
    outputs = run(network, state, {"image": image}, training=True, eps=EPS, alike=alike)
    return Run(outputs, state)


def build(compiled_: Compiled) -> nn.Module:
    """In float64, every weight a number of its own."""
    torch.manual_seed(0)
    network = load(compiled_.python, "wild").double()
    for module in network.modules():
        if isinstance(module, (_BatchNorm, nn.GroupNorm, nn.LayerNorm)):
            module.eps = EPS
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    return network


def assert_same(one: Run, other: Run, tolerance: float) -> None:
    for name in ("outputs", "gradients", "buffers"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert ours.keys() == theirs.keys(), name
        sizes = (float(v.double().abs().nan_to_num().max()) for v in theirs.values())
        largest = max(sizes, default=0.0)
        for key, value in ours.items():
            assert torch.equal(value.isnan(), theirs[key].isnan()), (name, key)
            distance = float((value.double() - theirs[key].double()).abs().nan_to_num().max())
            assert distance <= tolerance * largest, (name, key)


def statistics(compiled_: Compiled, ran: Run) -> dict[str, Tensor]:
    """The buffers of what runs."""
    network, live = compiled_.network, compiled_.network.live()
    names = [f"{g.name}." for g in network.groups.values() if live.intersection(g.users)]
    return {key: value for key, value in ran.buffers.items() if key.startswith(tuple(names))}


def equal(one: Tensor, other: Tensor) -> bool:
    """Bit for bit; of what overflows, in the same places."""
    return torch.allclose(one, other, rtol=0.0, atol=0.0, equal_nan=True)


def check_emitted(compiled_: Compiled, image: Tensor) -> None:
    """The file computes what its graph says."""
    ran, graph = emitted(compiled_, image), interpreted(compiled_, image)
    if compiled_.level < 2:  # else groups of channels may be computed together
        for name, value in ran.outputs.items():
            assert equal(value, graph.outputs[name]), (compiled_.source.name, name)
    assert_same(ran, graph, 1e-10)  # most agree to 1e-14, one spec cancels four digits


def check_rewritten(compiled_: Compiled, image: Tensor) -> None:
    """The graph that runs computes what the written one does."""
    ran, written = (interpreted(compiled_, image, of, alike=True) for of in (False, True))
    if compiled_.level < 2:
        for name, value in ran.outputs.items():
            assert equal(value, written.outputs[name]), (compiled_.source.name, name)
    assert ran.gradients.keys() <= written.gradients.keys()
    zero = {name: torch.zeros_like(g) for name, g in written.gradients.items()}
    ran.gradients = {**zero, **ran.gradients}
    ran.buffers = statistics(compiled_, ran)  # a norm may go with a value that cancels
    written.buffers = {name: written.buffers[name] for name in ran.buffers}
    assert_same(ran, written, 1e-9)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_wild_specs(batch: int, level: Level) -> None:
    tried = 0
    for seed in range(batch * SIZE, (batch + 1) * SIZE):
        compiled_ = compiled(seed, level)
        if compiled_ is not None:
            tried += 1
            image = image_of(compiled_)
            check_emitted(compiled_, image)
            check_rewritten(compiled_, image)
    assert tried > SIZE // 2


@pytest.mark.parametrize("level", LEVELS)
def test_cycles_in_cycles(level: Level) -> None:
    """Some of them are methods that call themselves, others say one level after the other."""
    image, recursive = torch.randn(2, 3, 8, 8, dtype=torch.float64), []
    for seed in range(12):
        compiled_ = compile_source(Source(f"nested{seed}.mgspec", nested(seed)), level=level)
        check_emitted(compiled_, image)
        check_rewritten(compiled_, image)
        recursive.append(any(map(calls_itself, outline(compiled_.network).cycles)))
    assert {True, False} == set(recursive)


def calls_itself(cycle: Function) -> bool:
    return any(isinstance(each, OnCoarsest) for each in cycle.body)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", BROKE, ids=lambda path: path.stem)
def test_specs_that_broke(path: Path, level: Level) -> None:
    compiled_ = compile_source(Source.read(str(path)), level=level)
    image = image_of(compiled_)
    check_emitted(compiled_, image)
    check_rewritten(compiled_, image)
