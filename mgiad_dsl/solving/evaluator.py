"""The evaluator of a spec whose parameters are traced: same values, same errors, with questions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Environment, Evaluator, Value, is_number
from mgiad_dsl.solving.path import Path
from mgiad_dsl.solving.polynomials import Exact, Polynomial, function
from mgiad_dsl.solving.traced import Integer, Number, polynomial


class TracingEvaluator(Evaluator):
    """Values of a spec at one point, that know what they are elsewhere.

    The value itself is always that of `Evaluator`. What is no channel or group is pinned: levels,
    steps, sizes, kernels, factors. A number that is out of bounds leaves no way for others.
    """

    def __init__(
        self, parameters: Mapping[str, Value], lets: Mapping[str, ast.Let], path: Path
    ) -> None:
        super().__init__(parameters, lets)
        self._path = path

    def integer(self, expr: ast.Expr, env: Environment, what: str) -> int:
        return self.whole(self.settled(self.value(expr, env)), expr, what)

    def channels(self, expr: ast.Expr, env: Environment, what: str) -> int:
        value = self.value(expr, env)
        if isinstance(value, Number) and self._path.holds("integer", value.polynomial):
            return Integer(value.numerator, value.polynomial, self._path)
        return self.whole(value, expr, what)

    def settled(self, value: Value) -> Value:
        if isinstance(value, Number):
            return self._path.pinned(value.polynomial)
        if isinstance(value, tuple):
            return tuple(map(self.settled, value))
        return value

    def arithmetic(self, a: object, sign: str, b: object, span: Span) -> Value:
        if not _is_traced(a) and not _is_traced(b):
            return super().arithmetic(a, sign, b, span)
        if sign == "^" and isinstance(b, Number):
            b = self._path.pinned(b.polynomial)
        foreseen = sign == "/" and is_number(b) and self._path.holds("zero", polynomial(b))
        try:
            value = super().arithmetic(a, sign, b, span)
        except SpecError:
            self._path.alone |= not foreseen and is_number(a) and is_number(b)
            raise
        return self._traced(value, a, sign, b)

    def _traced(self, value: Value, a: object, sign: str, b: object) -> Value:
        if isinstance(value, tuple):
            left = a if isinstance(a, tuple) else (a,) * len(value)
            right = b if isinstance(b, tuple) else (b,) * len(value)
            each = zip(value, left, right, strict=True)
            return tuple(self._traced(v, one, sign, other) for v, one, other in each)
        assert isinstance(value, (int, Fraction))
        return self._number(value, self._applied(sign, polynomial(a), b))

    def _applied(self, sign: str, x: Polynomial, b: object) -> Polynomial:
        y = polynomial(b)
        if sign == "+":
            return x + y
        if sign == "-":
            return x - y
        if sign == "*":
            return x * y
        if sign == "^":
            exponent = y.constant
            assert isinstance(exponent, int)
            if exponent < 0:
                self._path.holds("zero", x)  # as of all that is divided by
            return x.power(exponent)
        return x.over(y)

    def _number(self, value: Exact, of: Polynomial) -> Value:
        return value if of.constant is not None else Number(value, of, self._path)

    def _call(self, name: str, values: list[Value], span: Span) -> Value:
        if not any(map(_is_traced, values)) or name == "len":
            return super()._call(name, values, span)
        numbers = values[0] if isinstance(values[0], tuple) else tuple(values)
        if name == "log2" and is_number(numbers[0]):
            self._path.holds("negative", polynomial(0) - polynomial(numbers[0]))
        try:
            value = super()._call(name, values, span)
        except SpecError:
            self._path.alone |= name == "sum"
            raise
        assert isinstance(value, (int, Fraction))
        match name:
            case "sum":
                total = polynomial(0)
                for each in numbers:
                    total = total + polynomial(each)
                return self._number(value, total)
            case "min" | "max":
                return (min if name == "min" else max)(numbers)
            case "floor" | "ceil" | "round" | "log2":
                return self._number(value, function(name, polynomial(numbers[0])))
            case _:
                raise AssertionError(f"{name} is no numeric function")


def _is_traced(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_is_traced, value))
    return isinstance(value, Number)
