"""Whoever matches on kinds names them all, so that mypy says who forgot a new one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mgiad_dsl

PACKAGE = Path(mgiad_dsl.__file__).parent


def matches(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.Match]]:
    """All `match` statements, with the function that each stands in."""
    for node in ast.iter_child_nodes(tree):
        name = node.name if isinstance(node, ast.FunctionDef) else within
        if isinstance(node, ast.Match):
            yield name, node
        yield from matches(node, name)


def has_default(match: ast.Match) -> bool:
    """Whether an arm takes whatever is left; ``assert_never`` takes nothing, nor does an error."""
    return any(
        isinstance(case.pattern, ast.MatchAs)
        and case.pattern.pattern is None
        and not isinstance(case.body[-1], ast.Raise)
        and not ast.unparse(case.body[0]).startswith("assert_never(")
        for case in match.cases
    )


def defaults(text: str) -> list[str]:
    """The functions of a file that match, and have a default arm."""
    return [name for name, match in matches(ast.parse(text)) if has_default(match)]


def test_no_match_has_a_default() -> None:
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
        ("case _ if op: return 1", ["f"]),
        ("case _: assert_never(op)", []),
        ("case _: raise SpecError", []),
    ],
)
def test_it_can_fail(arm: str, found: list[str]) -> None:
    text = f"def f(op):\n    match op:\n        case ops.Conv(): return 0\n        {arm}\n"
    assert defaults(text) == found
