"""The bundled specs: what they cover, and the tables that show them."""

from __future__ import annotations

import re

import pytest

from docs.zoo_table import ROOT, filled, full, networks, published
from mgiad_dsl import Compiled
from mgiad_dsl.show.zoo import data_set
from tests.reference import residual


@pytest.fixture(scope="module")
def found() -> list[Compiled]:
    return list(networks())


@pytest.mark.parametrize(("name", "table"), [("docs/zoo.md", full), ("README.md", published)])
def test_the_tables_are_current(name: str, table, found: list[Compiled]) -> None:
    """`python docs/zoo_table.py` brings them up to date."""
    page = (ROOT / name).read_text(encoding="utf-8")
    assert page == filled(page, table(found))


@pytest.mark.parametrize(
    "model",
    ["resnet18", "mgnet", "mgnet_hexu", "mgnet_grouped", "mgic", "mgiad", "poly_mgnet"],
)
def test_published_systems_have_all_three_data_sets(model: str, found: list[Compiled]) -> None:
    sets = {data_set(network) for network in found if network.spec.name == model}
    assert {"CIFAR-10", "CIFAR-100", "ImageNet"} <= sets


def test_every_network_states_its_exact_count(found: list[Compiled]) -> None:
    assert not [network.name for network in found if not network.spec.expects]


def test_the_study_of_group_sizes_and_coarsest_channels(found: list[Compiled]) -> None:
    weights = {network.name: network.count.weights for network in found}
    for g_s in (4, 8):
        row = [weights[f"mgiad:g{g_s}_cK{c_K}"] for c_K in (8, 16, 32, 64)]
        assert row == sorted(set(row))
        assert weights[f"mgiad:g{g_s}_cK64"] < weights["mgiad:cifar10"]


def test_every_row_says_what_is_published_and_by_how_much_it_differs(
    found: list[Compiled],
) -> None:
    rows = {row[0]: row[1:5] for row in full(found).rows}
    assert rows["`resnet18:cifar10`"] == ("CIFAR-10", "11,175k", 11_173_962, "-1,038")
    assert rows["`mgnet_hexu`"] == ("CIFAR-10", "8.2M", 8_278_794, "+78,794")
    assert rows["`mgnet:A`"] == ("CIFAR-10", "4,115k", 4_114_634, "rounds to it")
    assert rows["`mgnet:w1_4`"] == ("CIFAR-10", None, 5_426_560, None)
    claimed = {name: row[1] for name, row in rows.items() if row[1]}
    for name, printed in claimed.items():
        assert ("reconstructed" in printed) == name.startswith("`mgiad")
    assert len(published(found).rows) == len(claimed) == 20


def test_every_spec_is_described(found: list[Compiled]) -> None:
    page = (ROOT / "docs/zoo.md").read_text(encoding="utf-8")
    bold = re.findall(r"\*\*(`\w+`.*?)\*\*", page)
    assert {n.spec.name for n in found} == {
        n for each in bold for n in re.findall(r"`(\w+)`", each)
    }


def test_every_published_spec_has_an_independent_implementation(found: list[Compiled]) -> None:
    written = {path.stem for path in (ROOT / "tests/reference").glob("*.py")} | {*residual.BLOCKS}
    assert {network.spec.name for network in found if network.spec.published} <= written
