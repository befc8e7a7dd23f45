"""Counts as JSON, under stable names (docs/count.md). A new key is one entry here."""

from __future__ import annotations

from dataclasses import asdict

from mgiad_dsl.compiler import Compiled
from mgiad_dsl.counting.claims import agrees, figure
from mgiad_dsl.counting.growth import Gap, Variation
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.plain import plain

# The names of these are those of the fields.
_COUNTS = (
    "weights", "used", "dead", "buffers", "unshared", "ungrouped", "operations", "macs",
    "activations", "bytes",
)  # fmt: skip
_GROUP = (
    "name", "family", "kind", "role", "levels", "weights", "buffers", "uses", "dead", "unshared",
    "ungrouped", "macs",
)  # fmt: skip
_GROWING = ("weights", "body", "macs")


def network_facts(compiled: Compiled) -> dict[str, object]:
    """The counts of one network."""
    counted = compiled.count
    return {
        "name": compiled.name,
        "parameters": {p.name: plain(p.value) for p in compiled.spec.parameters},
        **{key: getattr(counted, key) for key in _COUNTS},
        "level": compiled.level,
        "written": asdict(counted.written),
        "published": [_claim(claim, counted.weights) for claim in compiled.spec.claimed],
        "groups": [{key: getattr(group, key) for key in _GROUP} for group in counted.groups],
    }


def _claim(claim: ast.Published, weights: int) -> dict[str, object]:
    return {
        "quantity": claim.quantity,
        "printed": figure(claim),
        "value": plain(claim.number.value),
        "source": claim.origin,
        "agrees": agrees(claim, weights),
    }


def growth_facts(variation: Variation) -> dict[str, object]:
    """A network as one parameter varies: lists with an entry for each value."""
    samples = variation.samples
    return {
        "name": variation.name,
        "parameter": variation.parameter,
        "values": [s.given if isinstance(s, Gap) else plain(s.value) for s in samples],
        **{key: [getattr(s, key, None) for s in samples] for key in _GROWING},
        "errors": [s.reason if isinstance(s, Gap) else None for s in samples],
    }
