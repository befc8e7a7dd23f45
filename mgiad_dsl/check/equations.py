"""Equations without levels: names, arguments, and that every operator gets its space.

Only families are compared here (`A` takes a value of `u`), so that equations that never run
are checked too; lowering compares the indices of those that do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.check.options import check_options
from mgiad_dsl.check.symbols import Symbol, Symbols
from mgiad_dsl.language import rules
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.kinds import KINDS, KindName, ResamplingName, resampling_named
from mgiad_dsl.language.rules import Worth
from mgiad_dsl.language.words import ACTIVATIONS, NUMERIC_FUNCTIONS, SLOPED

NUMBER = "a number"
SCALAR = "a learnable scalar"
VECTOR = "a vector"
UNKNOWN = "?"
_NOT_SPACES = (NUMBER, SCALAR, VECTOR, UNKNOWN)

# What the names bound in a block are: NUMBER, SCALAR, VECTOR, UNKNOWN or a space's identity.
Scope = Mapping[str, str]


@dataclass(frozen=True)
class Signature:
    """Between which families an operator stands; without any it takes all, and keeps them."""

    kind: KindName
    domains: tuple[str, ...]
    codomain: str | None

    @property
    def is_number(self) -> bool:
        return KINDS[self.kind].family == "number"


class Equations:
    """Finds the family of every value; what does not fit goes to the report."""

    def __init__(
        self,
        symbols: Symbols,
        numbers: Numbers,
        identities: Mapping[str, str],
        operators: Mapping[str, Signature],
        report: Report,
    ) -> None:
        self._symbols = symbols
        self._numbers = numbers
        self._identities = identities
        self._operators = operators
        self._report = report

    def target(self, target: ast.Name | ast.Index, scope: Scope) -> str:
        """The space an equation assigns to."""
        indices = target.indices if isinstance(target, ast.Index) else ()
        if target.name in scope:
            return self._fail(
                f"`{target.name}` is bound already and cannot be assigned", target.span
            )
        symbol = self._symbols.find(target.name)
        if symbol is None:
            mend = f"for a value of your own write `let {target.name} = ...`"
            self._symbols.unknown(target.name, target.span, scope, mend)
            return UNKNOWN
        if symbol.what != "space":
            return self._fail(
                f"`{target.name}` is {symbol}; only spaces are assigned to",
                target.span,
                hint=f"for a value of your own write `let {target.name}_1 = ...`",
            )
        self._numbers.all(indices, scope)
        self._symbols.check_arity(symbol, len(indices), target.span)
        return self._identities.get(target.name, UNKNOWN)

    def assigned(self, space: str, value: str, span: Span) -> None:
        """Check that a value may be assigned to a space."""
        if space == UNKNOWN or value in (space, NUMBER, UNKNOWN):
            return
        symbol = None if value in _NOT_SPACES else self._symbols.find(value)
        if symbol is not None and symbol.what == "input":
            return  # lowering compares the shapes
        with self._report.catch():
            target = replace(self._worth(space), label=f"`{space}`")
            rules.check_assigned(target, self._worth(value), span)

    def value(self, expr: ast.Expr, scope: Scope) -> str:
        """What an expression is."""
        match expr:
            case ast.Number() | ast.Boolean() | ast.List():
                self._numbers.check(expr, scope)
                return NUMBER
            case ast.Name(name):
                return self._name(name, (), expr.span, scope)
            case ast.Index(name, indices):
                return self._name(name, indices, expr.span, scope)
            case ast.Unary("-", operand):
                return self.value(operand, scope)
            case ast.Unary():
                self._numbers.check(expr, scope)
                return NUMBER
            case ast.Binary(_, sign, _):
                if sign in ("+", "-", "*", "/", "^"):
                    return self._binary(expr, scope)
                self._numbers.check(expr, scope)
                return NUMBER
            case ast.Conditional(test, then, otherwise):
                self._numbers.check(test, scope)
                return self._branches(expr, self.value(then, scope), self.value(otherwise, scope))
            case ast.Call():
                return self._call(expr, scope)
            case ast.Wrong():
                return UNKNOWN

    def _branches(self, expr: ast.Conditional, then: str, otherwise: str) -> str:
        if UNKNOWN in (then, otherwise):
            return UNKNOWN
        if then == otherwise or NUMBER in (then, otherwise):
            return otherwise if then == NUMBER else then
        one, two = self._worth(then), self._worth(otherwise)
        return self._fail(
            f"one branch gives {one.label}, the other {two.label}",
            expr.span,
            notes=one.declared + two.declared,
        )

    def _name(self, name: str, indices: tuple[ast.Expr, ...], span: Span, scope: Scope) -> str:
        if name in scope:
            self._numbers.all(indices, scope)
            if indices and scope[name] not in (NUMBER, UNKNOWN):
                return self._fail(f"`{name}` is one value and has no index", span)
            return scope[name]
        symbol = self._symbols.find(name)
        if symbol is not None and symbol.what in ("space", "input"):
            self._numbers.all(indices, scope)
            self._symbols.check_arity(symbol, len(indices), span)
            return self._identities.get(name, UNKNOWN)
        if symbol is not None and symbol.what == "operator":
            return self._scalar(symbol, indices, span, scope)
        number = ast.Index(name, indices, span) if indices else ast.Name(name, span)
        return NUMBER if self._numbers.check(number, scope) else UNKNOWN

    def _scalar(
        self, symbol: Symbol, indices: tuple[ast.Expr, ...], span: Span, scope: Scope
    ) -> str:
        signature = self._operators.get(symbol.name)
        if signature is None:
            return UNKNOWN
        if not signature.is_number:
            return self._fail(
                f"`{symbol.name}` is an operator; it needs an argument",
                span,
                hint=f"write `{span.text}(...)`",
            )
        self._numbers.all(indices, scope)
        self._symbols.check_arity(symbol, len(indices), span)
        return SCALAR

    def _binary(self, expr: ast.Binary, scope: Scope) -> str:
        left, right = self.value(expr.left, scope), self.value(expr.right, scope)
        if UNKNOWN in (left, right):
            return UNKNOWN
        if left in (NUMBER, SCALAR) and right in (NUMBER, SCALAR):
            return SCALAR if SCALAR in (left, right) else NUMBER
        rule = rules.check_sum if expr.sign in "+-" else rules.check_product
        with self._report.catch():
            rule(expr.sign, self._worth(left), self._worth(right), expr.span)
            if left in (NUMBER, SCALAR) or left == right:
                return right
            return left if right in (NUMBER, SCALAR) or expr.sign != "*" else UNKNOWN
        return UNKNOWN

    def _call(self, expr: ast.Call, scope: Scope) -> str:
        name = expr.function.name
        if isinstance(expr.function, ast.Name):
            if name in NUMERIC_FUNCTIONS:
                return NUMBER if self._numbers.check(expr, scope) else UNKNOWN
            resampling = resampling_named(name)
            if resampling is not None:
                return self._resampling(resampling, expr, scope)
            if self._is_activation(name):
                return self._activated(expr, scope)
        symbol = self._symbols.find(name)
        if symbol is None:
            self._symbols.unknown(name, expr.function.span, scope)
            return UNKNOWN
        if symbol.what != "operator":
            return self._fail(f"`{name}` is {symbol}; it cannot be applied", expr.function.span)
        given = expr.function.indices if isinstance(expr.function, ast.Index) else ()
        self._numbers.all(given, scope)
        self._symbols.check_arity(symbol, len(given), expr.function.span)
        return self._applied(symbol, expr, scope)

    def _is_activation(self, name: str) -> bool:
        """An activation by its own name, or by a parameter that is one."""
        if name in ACTIVATIONS:
            return True
        symbol = self._symbols.find(name)
        return symbol is not None and symbol.what == "parameter"

    def _applied(self, symbol: Symbol, expr: ast.Call, scope: Scope) -> str:
        """An operator, applied to a value of each of its domains."""
        signature = self._operators.get(symbol.name)
        wanted = 1 if signature is None else max(1, len(signature.domains))
        if wanted == 1 or signature is None:
            arguments = [self._argument(expr, scope)]
        else:
            arguments = self._arguments(symbol, wanted, expr, scope)
        if signature is None:
            return UNKNOWN
        if signature.is_number:
            hint = f"multiply by it: `{symbol.name} * ...`"
            return self._fail(f"`{symbol.name}` is a learnable scalar", expr.span, hint=hint)
        domains = signature.domains or (UNKNOWN,)
        spans = [expr.span] if wanted == 1 else [each.span for each in expr.arguments]
        fits = [
            self._fits(symbol, domain, argument, span)
            for domain, argument, span in zip(domains, arguments, spans, strict=False)
        ]
        if not all(fits):
            return UNKNOWN
        return signature.codomain or arguments[0]

    def _fits(self, symbol: Symbol, domain: str, argument: str, span: Span) -> bool:
        """Whether an operator takes a value there."""
        if argument == UNKNOWN:
            return True
        given = self._worth(argument)
        with self._report.catch(cause=f"{symbol.name} of {argument}"):
            rules.check_is_value(symbol.name, given, span)
            if domain != UNKNOWN:
                rules.check_applied(symbol.name, symbol.note, self._worth(domain), given, span)
            return True
        return False

    def _arguments(self, symbol: Symbol, wanted: int, expr: ast.Call, scope: Scope) -> list[str]:
        given = [each for each in expr.arguments if not isinstance(each, ast.Window)]
        if len(given) == len(expr.arguments) == wanted:
            return [self.value(each, scope) for each in given]
        window = next((each for each in expr.arguments if isinstance(each, ast.Window)), None)
        if window is not None:
            self._fail(f"a window is no argument of `{symbol.name}`", window.span)
        else:
            message = f"`{symbol.name}` takes {wanted} arguments, not {len(given)}"
            self._fail(message, expr.span, notes=(symbol.note,))
        return [UNKNOWN] * wanted

    def _activated(self, expr: ast.Call, scope: Scope) -> str:
        """A value with an activation; behind ``leaky_relu`` a slope may stand."""
        first, slope = expr.arguments[:1], expr.arguments[1:]
        takes_one = expr.function.name == SLOPED and len(slope) == 1
        if takes_one and not isinstance(slope[0], ast.Window):
            self._numbers.check(slope[0], scope)
            return self._argument(replace(expr, arguments=first), scope)
        return self._argument(expr, scope)

    def _argument(self, expr: ast.Call, scope: Scope) -> str:
        if len(expr.arguments) != 1 or isinstance(expr.arguments[0], ast.Window):
            name = expr.function.name
            if name == SLOPED:
                hint = f"{SLOPED}(r, 1/5)"
                return self._fail(
                    f"`{name}` takes a value, and perhaps a slope", expr.span, hint=hint
                )
            return self._fail(f"`{name}` takes one argument", expr.span)
        return self.value(expr.arguments[0], scope)

    def _resampling(self, name: ResamplingName, expr: ast.Call, scope: Scope) -> str:
        most = 3 if name == "upsample" else 2
        if not 1 <= len(expr.arguments) <= most or isinstance(expr.arguments[0], ast.Window):
            example = (
                "upsample(r, 2, bilinear)" if name == "upsample" else f"{name}(r, 2x2 stride 2)"
            )
            return self._fail(f"`{name}` takes a value and a window", expr.span, hint=example)
        for window in expr.arguments[1:]:
            if isinstance(window, ast.Window):
                self._window(name, window, scope)
            else:
                self._numbers.check(window, scope)
        if name == "upsample" and len(expr.arguments) == 1:
            return self._fail("`upsample` needs a factor", expr.span, hint="upsample(r, 2)")
        value = self.value(expr.arguments[0], scope)
        with self._report.catch():
            rules.check_is_value(name, self._worth(value), expr.span)
            return value
        return UNKNOWN

    def _window(self, name: ResamplingName, window: ast.Window, scope: Scope) -> None:
        if name == "upsample":
            self._fail(
                "`upsample` takes a factor",
                window.span,
                hint="upsample(r, 2) or upsample(r, 2, bilinear)",
            )
            return
        self._numbers.dims(window.dims, scope)
        check_options(name, window.options, self._numbers, scope, self._report)

    def _worth(self, kind: str) -> Worth:
        """A kind of value as the rules of spaces know it."""
        if kind == NUMBER:
            return Worth("number", NUMBER)
        if kind == SCALAR:
            return Worth("scalar", SCALAR)
        symbol = None if kind in _NOT_SPACES else self._symbols.find(kind)
        label = f"a value of `{kind}`" if symbol else kind
        return Worth("space", label, kind, declared=(symbol.note,) if symbol else ())

    def _fail(
        self,
        message: str,
        span: Span,
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> str:
        self._report.error(SpecError(message, span, hint=hint, notes=notes))
        return UNKNOWN
