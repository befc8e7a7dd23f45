"""What a bundled network is, in one line: its data set, its weights, its costs, what it says."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from mgiad_dsl.base.tables import Column, Table, tabulated
from mgiad_dsl.compiler import Compiled
from mgiad_dsl.graph import ops

# What an input and a number of classes are meant for.
DATA_SETS: dict[tuple[ops.Shape, int], str] = {
    ((1, 8, 8), 10): "digits",
    ((1, 28, 28), 10): "MNIST",
    ((3, 32, 32), 10): "CIFAR-10",
    ((3, 32, 32), 100): "CIFAR-100",
    ((3, 128, 128), 3): "Oxford-IIIT Pet",
    ((3, 128, 128), 21): "VOC 2012",
    ((3, 224, 224), 1000): "ImageNet",
}
_WIDTH = 96
_COMMENTS = re.compile(r"(?m)(?:^[ \t]*#[^\n]*\n?)+")
_NAMED = re.compile(r"(?:\S+ ){3,12}?\S+(?=:\s)")  # what says enough in front of a colon
_PARENTHESIS = re.compile(r"\s\([^()]*\)")


def data_set(network: Compiled) -> str:
    """``CIFAR-10``, or else the size of an image."""
    nodes = network.written.operations
    shape = next(node.shape for node in nodes.values() if isinstance(node.op, ops.Input))
    made = nodes[next(iter(network.written.outputs.values()))].shape[0]
    return DATA_SETS.get((shape, made), "x".join(map(str, shape)))


def purpose(text: str) -> str:
    """The first sentence of the first comment of a spec, without what is in parentheses."""
    comment = _COMMENTS.search(text)
    words = " ".join(comment[0].replace("#", " ").split()) if comment else ""
    sentence = re.split(r"\.(?:\s|$)", _PARENTHESIS.sub("", words), maxsplit=1)[0]
    if len(sentence) > _WIDTH and (named := _NAMED.match(sentence)):
        return named[0]
    return textwrap.shorten(sentence, _WIDTH, placeholder=" ...")


_COLUMNS: tuple[Column[Compiled], ...] = (
    Column("name", lambda network: network.name),
    Column("data set", data_set),
    Column("weights", lambda network: network.count.weights),
    Column("MACs", lambda network: network.count.macs),
)
_SPEC: tuple[Column[Compiled], ...] = (
    Column("variants", lambda network: len(network.tree.variants)),
    Column("what it is", lambda network: purpose(network.source.text)),
)


def bundled(networks: Iterable[Compiled]) -> Table:
    """A line for each spec."""
    return tabulated("bundled specs", (*_COLUMNS, *_SPEC), networks)


def variants(networks: Iterable[Compiled]) -> Table:
    """A line for each network, variants too."""
    return tabulated("bundled networks", _COLUMNS, networks)
