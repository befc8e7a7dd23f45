"""Names of a spec that mean something else to Python, torch or the emitted file."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from mgiad_dsl import Compiled, Source, compile_file, compile_source
from mgiad_dsl.compiler import compile_tree, read
from mgiad_dsl.outline import outline
from mgiad_dsl.outline.names import TAKEN, Namespace, attribute, distinct, safe
from mgiad_dsl.rewrite import LEVELS
from mgiad_dsl.runtime import load
from tests.graph.broken import KINDS
from tests.wild_specs import at_rank
from tests.zoo import ZOO, small

SPEC = """
network net()
input image : 2 x 8 x 8
levels l in 1..2 : resolution
spaces u[l] : 2 channels
operators {
    A : u[l]   -> u[l]  conv 3x3
    P : u[l-1] -> u[l]  conv 3x3 stride 2
}
step relax { u[l] = u[l] + relu(A(u[l])) }
start { u[1] = image }
cycle over l : backslash {
    smooth 2 relax
    coarsen { u[l+1] = P(u[l]) }
}
output result = u[2]
"""


def renamed(**names: str) -> str:
    text = SPEC
    for name, other in names.items():
        text = text.replace(name, other)
    return text


@pytest.mark.parametrize(
    "names",
    [
        {"relax": "True"},  # a keyword
        {"relax": "torch"},  # what the file imports
        {"relax": "Net"},  # its class
        {"relax": "u1"},  # a value of the forward pass
        {"relax": "A_coarse"},  # what an operator may be called inside a function
        {"image": "self"},
        {"image": "u1"},  # the name of u[1]
        {"u[": "F["},
        {"A": "type", "P": "type_"},  # two operators that differ by an underscore
        {"A": "forward", "P": "_buffers"},
    ],
)
def test_any_name_will_do(names: dict[str, str]) -> None:
    plain, other = (
        load(compile_source(Source("net", text)).python) for text in (SPEC, renamed(**names))
    )
    for one, two in zip(plain.parameters(), other.parameters(), strict=True):
        two.data.copy_(one.data)
    x = torch.randn(2, 2, 8, 8)
    assert torch.equal(plain(x), other(x))


def test_different_names_stay_different() -> None:
    names = ["F", "F_", "F__", "u", "u_", "type", "type_", "forward", "_x", "_x_", "lambda"]
    for legal in (safe, attribute):
        assert len({legal(name) for name in names}) == len(names)
    taken = distinct({1: "u", 2: "u", 3: "u_"}, Namespace({"u"}))
    assert taken == {1: "u_2", 2: "u_3", 3: "u_"}


def test_the_class_is_called_after_the_spec() -> None:
    network = compile_file("mgnet:A", **small("mgnet")).network
    other = replace(network, name="of_its:own")
    assert outline(network).class_name == outline(other).class_name == "Mgnet"


def test_what_emitted_files_use_for_themselves_is_taken_and_nothing_else() -> None:
    zoo = [compile_file(name, **small(name)) for name in ZOO]
    kinds = [
        compile_source(Source("kinds", at_rank(KINDS, rank)), level=level)
        for level in LEVELS
        for rank in (1, 2, 3)
    ]
    laid_out = compile_tree(read("mgnet")[0], None, small("mgnet"), 2)
    used = [set(_used(made)) for made in [*zoo, *kinds, laid_out]]
    assert set().union(*used) == TAKEN


def _used(made: Compiled) -> Iterator[str]:
    """What a file imports, defines and takes of Python: all but the steps and the network."""
    tree, program = ast.parse(made.python), outline(made.network)
    named = {program.class_name, *(step.name for step in program.steps)}
    for node in tree.body:
        match node:
            case ast.ClassDef(name) | ast.FunctionDef(name) if name not in named:
                yield name
            case ast.Import(names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.Assign(targets):
                yield from map(ast.unparse, targets)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    assigned = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    yield from {node.id for node in names} & {"self", *dir(builtins)} - assigned
