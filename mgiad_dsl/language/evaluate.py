"""Exact arithmetic of a spec: integers, rationals, booleans, words and lists.

Evaluation is pure and bounded: numbers, lists, nesting and the total work have limits.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from mgiad_dsl.base.report import PoisonedError
from mgiad_dsl.base.source import LimitError, Span, SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.words import WORDS, did_you_mean

MAX_BITS = 256
MAX_ITEMS = 4_096
MAX_NESTED = 3  # lists in lists in lists: a stencil of volumes
MAX_DEPTH = 100
MAX_WORK = 300_000

Value: TypeAlias = "int | Fraction | bool | str | tuple[Value, ...]"
Environment: TypeAlias = Mapping[str, object]

_WHOLE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_number(value: object) -> bool:
    return isinstance(value, (int, Fraction)) and not isinstance(value, bool)


def kind_of(value: object) -> str:
    """What a value is, for messages."""
    if isinstance(value, bool):
        return "a boolean"
    if is_number(value):
        return "a number"
    if isinstance(value, str):
        return f"the word `{value}`"
    return "a list" if isinstance(value, tuple) else "a value of a space"


def show(value: object) -> str:
    """A value as a spec would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(show, value)) + "]"
    return str(value)


class Evaluator:
    """Values of expressions under the parameters and lets of one network.

    ``spend`` is the one budget of work for everything that unrolls a spec.
    """

    def __init__(self, parameters: Mapping[str, Value], lets: Mapping[str, ast.Let]) -> None:
        self._parameters = parameters
        self._lets = lets
        self._known: dict[tuple[str, tuple[int, ...]], Value] = {}
        self._depth = 0
        self._work = 0
        self.taken: dict[tuple[int, int], ast.Expr] = {}  # by the place of the conditional

    def spend(self, amount: int, span: Span) -> None:
        """Count work.

        Raises:
            LimitError: more than `MAX_WORK` in all.
        """
        self._work += amount
        if self._work > MAX_WORK:
            raise LimitError(
                "this spec takes too much work to unroll",
                span,
                hint="fewer levels, steps, or nested cycles",
            )

    def value(self, expr: ast.Expr, env: Environment) -> Value:
        """The value of a numeric expression; ``env`` binds indices and local names.

        Raises:
            SpecError: a type, range or size that does not fit, or division by zero.
            PoisonedError: it is wrong, which was reported.
        """
        self.spend(1, expr.span)
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise SpecError(f"lets nested deeper than {MAX_DEPTH}", expr.span)
            return self._value(expr, env)
        finally:
            self._depth -= 1

    def integer(self, expr: ast.Expr, env: Environment, what: str) -> int:
        """An integer, or a SpecError that says what was to be one."""
        if isinstance(expr, ast.Name) and type(bound := env.get(expr.name)) is int:
            return bound  # most are a level or a step
        return self.whole(self.value(expr, env), expr, what)

    def channels(self, expr: ast.Expr, env: Environment, what: str) -> int:
        """An integer that says how many channels there are, and no more. Raises as `integer`."""
        return self.integer(expr, env, what)

    def settled(self, value: Value) -> Value:
        """A number that stands in the network itself: a factor, a probability, a stencil."""
        return value

    def whole(self, value: Value, expr: ast.Expr, what: str) -> int:
        """The value of an expression that must be an integer. Raises as `integer`."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        found = show(value) if is_number(value) else kind_of(value)
        raise SpecError(f"{what} must be an integer, not {found}", expr.span)

    def truth(self, expr: ast.Expr, env: Environment) -> bool:
        value = self.value(expr, env)
        if isinstance(value, bool):
            return value
        raise SpecError(f"a condition must be true or false, not {kind_of(value)}", expr.span)

    def branch(self, expr: ast.Conditional, env: Environment) -> ast.Expr:
        """The branch of a conditional that is taken, which is noted in `taken`."""
        chosen = expr.then if self.truth(expr.test, env) else expr.otherwise
        self.taken[expr.span.start, expr.span.end] = chosen
        return chosen

    def _value(self, expr: ast.Expr, env: Environment) -> Value:
        match expr:
            case ast.Number():
                return simplest(expr.exact, expr.span)
            case ast.Boolean(value):
                return value
            case ast.Name(name):
                return self._name(name, env, expr.span)
            case ast.Index():
                return self._index(expr, env)
            case ast.List(items):
                return self._list(tuple(self.value(item, env) for item in items), expr.span)
            case ast.Unary("not", operand):
                return not self.truth(operand, env)
            case ast.Unary(_, operand):
                return self.arithmetic(0, "-", self.value(operand, env), expr.span)
            case ast.Binary(left, "and", right):
                return self.truth(left, env) and self.truth(right, env)
            case ast.Binary(left, "or", right):
                return self.truth(left, env) or self.truth(right, env)
            case ast.Binary(left, sign, right):
                a, b = self.value(left, env), self.value(right, env)
                if sign in _COMPARISONS:
                    return self._compare(a, sign, b, expr.span)
                return self.arithmetic(a, sign, b, expr.span)
            case ast.Conditional():
                return self.value(self.branch(expr, env), env)
            case ast.Call(function, arguments):
                values = [self.value(a, env) for a in arguments if not isinstance(a, ast.Window)]
                return self._call(function.name, values, expr.span)
            case ast.Wrong():
                raise PoisonedError

    def arithmetic(self, a: object, sign: str, b: object, span: Span) -> Value:
        """``a sign b`` on numbers; lists may be multiplied and divided by a number.

        Raises:
            SpecError: other types, division by zero, or a result out of bounds.
        """
        self.spend(_items(a) + _items(b), span)
        return _arithmetic(a, sign, b, span)

    def _compare(self, a: Value, sign: str, b: Value, span: Span) -> bool:
        self.spend(_items(a) + _items(b), span)
        ordered = is_number(a) and is_number(b)
        if not ordered and (sign not in ("==", "!=") or type(a) is not type(b)):
            raise SpecError(f"{kind_of(a)} and {kind_of(b)} cannot be compared by `{sign}`", span)
        return _COMPARISONS[sign](a, b)

    def _list(self, items: tuple[Value, ...], span: Span) -> tuple[Value, ...]:
        total = sum(map(_items, items))
        self.spend(total, span)
        if total > MAX_ITEMS:
            raise SpecError(f"a list of more than {MAX_ITEMS:,} items", span)
        if _depth(items) > MAX_NESTED:
            hint = f"lists nest at most {MAX_NESTED} deep"
            raise SpecError("lists in lists in lists in lists", span, hint=hint)
        return items

    def _name(self, name: str, env: Environment, span: Span) -> Value:
        if name in env:
            value = env[name]
            if value is None:
                raise PoisonedError
            if isinstance(value, (int, Fraction, str, tuple)):
                return value
            raise SpecError(f"`{name}` is {kind_of(value)}; a number is needed here", span)
        if name in self._parameters:
            return self._parameters[name]
        if name in self._lets:
            return self._let(self._lets[name], (), span)
        if name in WORDS:
            return name
        hint = did_you_mean(name, {*env, *self._parameters, *self._lets, *WORDS})
        raise SpecError(f"`{name}` has no value here", span, hint=hint)

    def _index(self, expr: ast.Index, env: Environment) -> Value:
        indices = tuple(self.integer(e, env, "an index") for e in expr.indices)
        let = self._lets.get(expr.name)
        if let is not None and let.declared.indices:
            return self._let(let, indices, expr.span)
        value = self._name(expr.name, env, expr.span)
        for index, where in zip(indices, expr.indices, strict=True):
            if not isinstance(value, tuple):
                raise SpecError(f"`{expr.name}` is {kind_of(value)} and has no index", expr.span)
            if not 1 <= index <= len(value):
                raise SpecError(
                    f"index {index} is outside `{expr.name}`, a list of {len(value)}",
                    where.span,
                    hint="lists count from 1",
                )
            value = value[index - 1]
        return value

    def _let(self, let: ast.Let, indices: tuple[int, ...], span: Span) -> Value:
        name, formals = let.declared.name, let.declared.indices
        key = (name, indices)
        if key not in self._known:
            self._known[key] = self.value(let.value, dict(zip(formals, indices, strict=True)))
        return self._known[key]

    def _call(self, name: str, values: list[Value], span: Span) -> Value:
        if name == "len":
            if len(values) != 1 or not isinstance(values[0], tuple):
                raise SpecError("`len` takes one list", span)
            return len(values[0])
        numbers = tuple(values)
        if len(numbers) == 1 and isinstance(numbers[0], tuple):
            numbers = numbers[0]
        self.spend(len(numbers), span)
        for number in numbers:
            if not is_number(number):
                raise SpecError(f"`{name}` takes numbers, not {kind_of(number)}", span)
        if name == "sum":
            return simplest(sum(map(_fraction, numbers), Fraction(0)), span)
        if not numbers:
            raise SpecError(f"`{name}` of nothing", span)
        if name in ("min", "max"):
            return simplest((min if name == "min" else max)(map(_fraction, numbers)), span)
        if len(numbers) != 1:
            raise SpecError(f"`{name}` takes one number, not {len(numbers)}", span)
        argument = _fraction(numbers[0])
        if name == "log2" and argument <= 0:
            raise SpecError(f"`log2` of {argument}", span, hint="it needs a number above 0")
        return rounded(name, argument)


def simplest(value: int | Fraction, span: Span | None) -> Value:
    """A number within bounds; an integer, where it is one.

    Raises:
        SpecError: out of bounds.
    """
    if type(value) is int:  # nearly all
        if value.bit_length() > MAX_BITS:
            raise _out_of_bounds(span)
        return value
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise _out_of_bounds(span)
    return value.numerator if value.denominator == 1 else value


def _arithmetic(a: object, sign: str, b: object, span: Span) -> Value:
    if type(a) is int and type(b) is int and sign in _WHOLE:  # nearly all: k + 1
        return simplest(_WHOLE[sign](a, b), span)
    if isinstance(a, tuple) and sign in "*/" and is_number(b):
        return tuple(_arithmetic(item, sign, b, span) for item in a)
    if isinstance(b, tuple) and sign == "*" and is_number(a):
        return tuple(_arithmetic(a, sign, item, span) for item in b)
    if not is_number(a) or not is_number(b):
        wrong = a if not is_number(a) else b
        raise SpecError(f"`{sign}` needs numbers; this is {kind_of(wrong)}", span)
    x, y = _fraction(a), _fraction(b)
    if sign == "^":
        return _power(x, y, span)
    if sign == "/" and y == 0:
        raise SpecError("division by zero", span)
    return simplest(x / y if sign == "/" else _WHOLE[sign](x, y), span)


def _out_of_bounds(span: Span | None) -> SpecError:
    return SpecError(
        "this number is too large or too fine",
        span,
        hint=f"numerators and denominators have at most {MAX_BITS} bits",
    )


def _power(base: Fraction, exponent: Fraction, span: Span) -> Value:
    if exponent.denominator != 1:
        raise SpecError(f"an exponent must be an integer, not {exponent}", span)
    power = exponent.numerator
    if base == 0 and power < 0:
        raise SpecError("division by zero", span)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(base) != 1 and base != 0 and abs(power) * max(1, bits - 1) > MAX_BITS:
        raise _out_of_bounds(span)
    if abs(base) == 1:
        power %= 2
    return simplest(base**power, span)


def rounded(name: str, x: Fraction) -> int | Fraction:
    """``floor``, ``ceil``, ``round`` or ``log2`` of a number, for ``log2`` above 0."""
    if name == "floor":
        return math.floor(x)
    if name == "ceil":
        return math.ceil(x)
    if name == "round":  # halves go up
        return math.floor(x + Fraction(1, 2))
    return _log2(x)


def _log2(x: Fraction) -> int | Fraction:
    """Exact for powers of two; otherwise never rounded across an integer."""
    whole = x.numerator.bit_length() - x.denominator.bit_length()
    if Fraction(2) ** whole > x:
        whole -= 1
    rest = x / Fraction(2) ** whole  # in [1, 2)
    if rest == 1:
        return whole
    fraction = Fraction(math.log2(rest))
    smallest = Fraction(1, 2**52)
    return whole + min(max(fraction, smallest), 1 - smallest)


def _fraction(value: object) -> Fraction:
    assert isinstance(value, (int, Fraction))
    return Fraction(value)


def _items(value: object) -> int:
    """Number of items of a list, and of the lists in it; 1 for all else."""
    return sum(map(_items, value)) + 1 if isinstance(value, tuple) else 1


def _depth(value: object) -> int:
    """How deep lists nest."""
    return 1 + max(map(_depth, value), default=0) if isinstance(value, tuple) else 0
