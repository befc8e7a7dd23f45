"""Statements in which what was found wrong is marked, so that lowering goes on with the rest."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from mgiad_dsl.base.source import Span
from mgiad_dsl.language import syntax as ast


def marked(body: tuple[ast.Statement, ...], wrong: Set[Span]) -> tuple[ast.Statement, ...]:
    """A block: values are `Wrong` that are in ``wrong``, and equations whose target is."""
    return tuple(_statement(statement, wrong) for statement in body)


def marked_cycle(cycle: ast.Cycle, wrong: Set[Span]) -> ast.Cycle:
    parts = (replace(part, body=marked(part.body, wrong)) for part in cycle.parts)
    return replace(cycle, parts=tuple(parts))


def marked_loop(loop: ast.Loop, wrong: Set[Span]) -> ast.Loop:
    return replace(loop, body=marked(loop.body, wrong))


def marked_output(output: ast.Output, wrong: Set[Span]) -> ast.Output:
    return replace(output, value=_value(output, wrong))


def _statement(statement: ast.Statement, wrong: Set[Span]) -> ast.Statement:
    match statement:
        case ast.Cycle():
            return marked_cycle(statement, wrong)
        case ast.Loop():
            return marked_loop(statement, wrong)
        case ast.Assign(target) if target.span in wrong:
            return ast.Wrong(statement.span)
        case ast.Let() | ast.Assign():
            return replace(statement, value=_value(statement, wrong))
        case ast.Wrong():
            return statement


def _value(where: ast.Let | ast.Assign | ast.Output, wrong: Set[Span]) -> ast.Expr:
    return ast.Wrong(where.value.span) if where.span in wrong else where.value
