"""Operations are a closed set: whoever matches on them names them all, and mypy says who forgot."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import mgiad_dsl
from mgiad_dsl.graph import ops

PACKAGE = Path(mgiad_dsl.__file__).parent
OPERATIONS = {kind.__name__ for kind in get_args(ops.Op)}


def matches(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.Match]]:
    """All `match` statements, with the function that each stands in."""
    for node in ast.iter_child_nodes(tree):
        name = node.name if isinstance(node, ast.FunctionDef) else within
        if isinstance(node, ast.Match):
            yield name, node
        yield from matches(node, name)


def on_operations(match: ast.Match) -> bool:
    patterns = [part for case in match.cases for part in ast.walk(case.pattern)]
    classes = [ast.unparse(p.cls) for p in patterns if isinstance(p, ast.MatchClass)]
    return any(name.removeprefix("ops.") in OPERATIONS for name in classes)


def has_default(match: ast.Match) -> bool:
    """Whether the last arm takes whatever is left; ``assert_never`` takes nothing."""
    last = match.cases[-1]
    wild = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
    return wild and not ast.unparse(last.body[0]).startswith("assert_never(")


def defaults(text: str) -> list[str]:
    """The functions of a file that match on operations, and have a default arm."""
    found = matches(ast.parse(text))
    return [name for name, match in found if on_operations(match) and has_default(match)]


def test_no_operation_has_a_default() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}:{name}"
        for path in PACKAGE.rglob("*.py")
        for name in defaults(path.read_text(encoding="utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    ("arm", "found"),
    [
        ("case _: return 1", ["f"]),
        ("case other: return 1", ["f"]),
        ("case _: assert_never(op)", []),
    ],
)
def test_it_can_fail(arm: str, found: list[str]) -> None:
    text = f"def f(op):\n    match op:\n        case ops.Conv(): return 0\n        {arm}\n"
    assert defaults(text) == found
