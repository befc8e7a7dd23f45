"""Counting: every column against arithmetic done by hand or by PyTorch."""

from __future__ import annotations

import pytest
import torch

from mgiad_dsl import compile_file, compile_source
from mgiad_dsl.base.resources import bundled_specs
from mgiad_dsl.base.source import Source, SpecError
from mgiad_dsl.base.tables import Table
from mgiad_dsl.counting import claims
from mgiad_dsl.counting.tables import breakdowns, groups
from mgiad_dsl.graph.weights import tensors
from mgiad_dsl.parse import parse
from mgiad_dsl.runtime import load
from tests.graph.broken import KINDS


def every_network() -> list[str]:
    names = []
    for path in bundled_specs():
        tree = parse(Source.read(str(path)))
        names += [path.stem, *(f"{path.stem}:{variant.name}" for variant in tree.variants)]
    return names


@pytest.mark.parametrize("name", [*every_network(), "kinds"])
def test_count_and_tensors_are_those_of_the_built_module(name: str) -> None:
    """Numbers, names and shapes; between them the networks have every kind of operator."""
    compiled = compile_source(Source(name, KINDS)) if name == "kinds" else compile_file(name)
    with torch.device("meta"):
        network = load(compiled.python)
    assert compiled.count.weights == sum(p.numel() for p in network.parameters())
    assert compiled.count.buffers == sum(b.numel() for b in network.buffers())
    counted: dict[bool, dict[str, tuple[int, ...]]] = {True: {}, False: {}}
    for group in compiled.written.groups.values():
        for tensor in tensors(group.op):
            full = f"{group.name}.{tensor.name}".rstrip(".")
            counted[tensor.trainable][full] = tensor.shape
    assert {n: tuple(p.shape) for n, p in network.named_parameters()} == counted[True]
    assert {n: tuple(b.shape) for n, b in network.named_buffers()} == counted[False]


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("mgnet", 2_750_666),
        ("mgnet:A", 4_114_634),
        ("mgnet:cifar100", 2_773_796),
        ("mgnet:imagenet", 3_012_776),
        ("mgiad", 1_383_844),
        ("mgiad:w3", 4_821_796),
        ("mgiad:imagenet", 1_624_616),
        ("mgiad:imagenet_w3", 5_543_848),
        ("resnet18", 11_689_512),
    ],
)
def test_published_systems(name: str, weights: int) -> None:
    assert compile_file(name).count.weights == weights


def test_totals_of_mgnet_by_hand() -> None:
    counted = compile_file("mgnet").count
    a = 9 * (64**2 + 128**2 + 2 * 256**2)
    assert counted.dead == 2 * 9 * 64
    assert counted.used == counted.weights - counted.dead
    family = {
        name: sum(g.weights for g in gs) for name, gs in counted.by(lambda g: g.family).items()
    }
    assert family["A"] == family["B"] == a
    assert family["R"] == family["Pi"] == 9 * (128 + 256 + 256)
    norms = 64 + 4 * (64 + 128 + 256 + 256)
    assert family["norm"] == 2 * norms
    assert counted.buffers == 2 * norms + 17
    assert family["W"] == 257 * 10
    # A runs in each of two steps, before restriction (but on the last level) and after it
    # (but on the first); B in each step.
    uses = {g.name: g.uses for g in counted.groups}
    assert [uses[f"A.{level}"] for level in (1, 2, 3, 4)] == [3, 4, 4, 3]
    assert [uses[f"B.{level}_1"] for level in (1, 2, 3, 4)] == [2, 2, 2, 2]
    unshared = 9 * (64**2 * 3 + 128**2 * 4 + 256**2 * 7) + 2 * a
    assert counted.unshared - counted.weights == unshared - 2 * a
    ungrouped = 2 * 9 * (64 * 128 + 128 * 256 + 256 * 256 + 64 * 64)
    grouped = 2 * 9 * (128 + 256 + 256 + 64)
    assert counted.ungrouped - counted.weights == ungrouped - grouped


def test_macs_of_resnet18_are_the_fields() -> None:
    """1.814 GMACs at 224x224, as in every table."""
    assert compile_file("resnet18").count.macs == 1_814_073_344


@pytest.mark.parametrize("name", ["mgnet", "mgiad:w3", "unet_mg", "poly_mgnet:quadratic"])
def test_every_breakdown_sums_to_the_totals(name: str) -> None:
    counted = compile_file(name).count
    totals = (counted.weights, counted.dead, counted.buffers)
    for table in breakdowns(counted):
        columns = [table.header.index(n) for n in ("weights", "dead", "buffers")]
        assert tuple(sum(row[at] for row in table.rows) for at in columns) == totals
        for column, total in (("unshared", counted.unshared), ("ungrouped", counted.ungrouped)):
            assert sum(row[table.header.index(column)] for row in table.rows) == total
        assert sum(row[table.header.index("MACs")] for row in table.rows) == counted.macs


@pytest.mark.parametrize("name", ["mgnet", "mgiad:w3", "unet_mg", "poly_mgnet:quadratic"])
def test_every_column_of_a_breakdown_sums_to_that_of_the_groups(name: str) -> None:
    counted = compile_file(name).count
    listed = groups(counted)
    for table in breakdowns(counted):
        titles = [title for title in table.header[2:] if title != "dead"]
        assert titles == [title for title in listed.header if title in titles]
        assert [total(table, title) for title in titles] == [total(listed, t) for t in titles]


def total(table: Table, title: str) -> int:
    column = table.header.index(title)
    return sum(row[column] for row in table.rows)  # type: ignore[misc]


def test_macs_agree_with_a_count_of_what_runs() -> None:
    """Hooks on every convolution and linear map of the running module."""
    compiled = compile_file("digits")
    network = load(compiled.python)
    found = 0

    def hook(module: torch.nn.Module, given: tuple[torch.Tensor], made: torch.Tensor) -> None:
        nonlocal found
        found += made.numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(hook)
    network.eval()(torch.zeros(1, 1, 8, 8))
    assert found == compiled.count.macs


def test_a_shared_operator_counts_once_and_a_starred_norm_at_every_use() -> None:
    text = """
    network n()
    input x : 4 x 8 x 8
    levels l in 1..3 : resolution
    spaces u[l] : 4 channels
    operators { A : u[l] -> u[l] conv 3x3   P : u[l-1] -> u[l] conv 1x1   norm[*] : batchnorm }
    start { u[1] = x }
    cycle over l : backslash {
        smooth 2 { u[l] = norm(A(u[l])) }
        coarsen { u[l+1] = P(u[l]) }
    }
    output y = u[3]
    """
    counted = compile_source(Source("n", text)).count
    assert counted.weights == 9 * 16 + 16 + 6 * 8
    assert counted.unshared == 6 * 9 * 16 + 2 * 16 + 6 * 8
    assert {g.name: g.level for g in counted.groups if g.role != "norm"} == {"A": "all", "P": "all"}


def test_expect_that_fails_says_the_true_count_and_the_difference() -> None:
    text = Source.read(str(next(p for p in bundled_specs() if p.stem == "mgnet"))).text
    wrong = text.replace("expect    weights 2_750_666", "expect weights 2_750_000")
    with pytest.raises(SpecError, match="2,750,666 weights, 666 more than expected"):
        compile_source(Source("mgnet", wrong))
    assert compile_source(Source("mgnet", wrong), settings={"classes": 11}).count.weights


@pytest.mark.parametrize(
    ("printed", "agrees"),
    [("2_751k", True), ("2_750k", False), ("2.75M", True), ("2.8M", True), ("2.7M", False)],
)
def test_published_agrees_when_the_count_rounds_to_it(printed: str, agrees: bool) -> None:
    text = Source.read(str(next(p for p in bundled_specs() if p.stem == "mgnet"))).text
    compiled = compile_source(Source("mgnet", text.replace("2_751k", printed)))
    assert any("than published" in w.message for w in compiled.warnings) is not agrees


@pytest.mark.parametrize(
    ("printed", "shown", "difference"),
    [
        ("54", "54", "agrees"),
        ("0.1k", "0.1k", "agrees"),
        ("1_2.5e3k", "12.5e3k", "-12,499,946"),
        ("5.4e1", "5.4e1", "agrees"),
        ("1e-5", "1e-5", "+54"),
        ("54.3", "54.3", "-0.3"),
        ("0.5", "0.5", "+54"),
        ("1e99", "1e99", f"-{10**99 - 54:,}"),
    ],
)
def test_a_figure_is_shown_as_it_was_printed(printed: str, shown: str, difference: str) -> None:
    text = f"""
    network n
    input x : 2 x 4 x 4
    operators {{ A : x -> 3 conv 3x3 }}
    output y = A(x)
    published weights {printed} "Table 1"
    """
    compiled = compile_source(Source("n", text))
    (claim,) = compiled.spec.published
    assert claims.figure(claim) == shown
    assert claims.difference(claim, compiled.count.weights) == difference


def test_a_zero_takes_no_values_from_what_it_is_shaped_like() -> None:
    text = """
    network n()
    input x : 2 x 8 x 8
    levels l in 1..1 : resolution
    spaces u[l], f[l] : 4 channels
    operators { theta : x -> f[1] conv 3x3   H : u[1] -> 3 conv 1x1 }
    start { f[1] = theta(x)   u[1] = 0 }
    output y = H(u[1])
    """
    counted = compile_source(Source("n", text)).count
    assert [(g.name, g.dead) for g in counted.groups] == [("theta", True), ("H", False)]
