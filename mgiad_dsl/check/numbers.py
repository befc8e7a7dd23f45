"""Names in numeric expressions: parameters, lets, indices, words and numeric functions."""

from __future__ import annotations

from collections.abc import Collection

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.check.symbols import Symbols
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.habits import NAMES, habit
from mgiad_dsl.language.words import NUMERIC_FUNCTIONS, WORDS, did_you_mean


class Numbers:
    """Checks that an expression is a number, a boolean, a word or a list."""

    def __init__(self, symbols: Symbols, report: Report) -> None:
        self._symbols = symbols
        self._report = report

    def check(self, expr: ast.Expr, scope: Collection[str]) -> bool:
        """Whether all names of an expression have a value; ``scope`` are bound indices."""
        match expr:
            case ast.Number() | ast.Boolean():
                return True
            case ast.Name(name):
                return name in scope or self._name(name, 0, expr.span, scope)
            case ast.Index(name, indices):
                fine = self.all(indices, scope)
                return fine and (name in scope or self._name(name, len(indices), expr.span, scope))
            case ast.Call(function, arguments):
                return self._call(function, arguments, scope)
            case ast.List(items):
                return self.all(items, scope)
            case ast.Unary(_, operand):
                return self.check(operand, scope)
            case ast.Binary(left, _, right):
                return self.all((left, right), scope)
            case ast.Conditional(test, then, otherwise):
                return self.all((test, then, otherwise), scope)
            case ast.Wrong():
                return False

    def knows(self, name: str, scope: Collection[str]) -> bool:
        """Whether a name is declared, bound or a word; ``scope`` are bound indices."""
        return name in scope or name in WORDS or self._symbols.find(name) is not None

    def all(self, exprs: Collection[ast.Expr], scope: Collection[str]) -> bool:
        fine = [self.check(expr, scope) for expr in exprs]  # all of them, for their errors
        return all(fine)

    def range(self, range_: ast.Range, scope: Collection[str]) -> bool:
        return self.all((range_.first, range_.last), scope)

    def dims(self, dims: ast.Dims, scope: Collection[str]) -> bool:
        return self.all(dims.numbers, scope)

    def _name(self, name: str, indices: int, span: Span, scope: Collection[str]) -> bool:
        symbol = self._symbols.find(name)
        has_value = symbol is not None and symbol.what in ("parameter", "let")
        if name in WORDS and indices == 0 and not has_value:
            return True
        if symbol is None:
            self._symbols.unknown(name, span, {*scope, *WORDS})
            return False
        if symbol.what == "level index":
            hint = f"write `{name}` in the brackets of the name that is declared, or use a cycle"
            error = SpecError(f"the level `{name}` is not known here", span, hint=hint)
            self._report.error(error, cause=f"level {name}")
            return False
        if symbol.what not in ("parameter", "let"):
            return self._fail(SpecError(f"`{name}` is {symbol}; a number is needed here", span))
        if symbol.indices or not indices:
            return self._symbols.check_arity(symbol, indices, span)
        return True  # an element of a list

    def _call(
        self,
        function: ast.Name | ast.Index,
        arguments: tuple[ast.Expr | ast.Window, ...],
        scope: Collection[str],
    ) -> bool:
        if function.name not in NUMERIC_FUNCTIONS:
            what = self._symbols.find(function.name) or "no numeric function"
            return self._fail(
                SpecError(
                    f"`{function.name}` is {what}; a number is needed here",
                    function.span,
                    hint=habit(function.name, NAMES)
                    or did_you_mean(function.name, NUMERIC_FUNCTIONS),
                )
            )
        if isinstance(function, ast.Index):
            return self._fail(SpecError(f"`{function.name}` takes no index", function.span))
        exprs = [a for a in arguments if not isinstance(a, ast.Window)]
        if len(exprs) < len(arguments):
            return self._fail(SpecError("a window is no number", function.span))
        return self.all(exprs, scope)

    def _fail(self, error: SpecError) -> bool:
        self._report.error(error)
        return False
