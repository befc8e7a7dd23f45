"""Right-hand sides: expressions of tensors, learnable scalars and numbers become nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod

from typing_extensions import assert_never

from mgiad_dsl.base.report import PoisonedError
from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.shapes import spreads
from mgiad_dsl.language import rules
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator, is_number
from mgiad_dsl.language.kinds import UPSAMPLINGS, PoolName, ResamplingName, resampling_named
from mgiad_dsl.language.spec import MAX_FACTOR
from mgiad_dsl.language.words import ACTIVATIONS, NUMERIC_FUNCTIONS, SLOPED
from mgiad_dsl.lower.builder import Builder
from mgiad_dsl.lower.operators import Operators
from mgiad_dsl.lower.values import SCALAR, Result, Tensor, worth

Environment = Mapping[str, object]
Reader = Callable[[str, tuple[int, ...], Span], Tensor]

_ARITHMETIC = ("+", "-", "*", "/", "^")


class Equations:
    """Evaluates expressions; ``read`` gives the current value of a space."""

    def __init__(
        self, evaluator: Evaluator, operators: Operators, builder: Builder, read: Reader
    ) -> None:
        self._evaluator = evaluator
        self._operators = operators
        self._builder = builder
        self._read = read

    def value(self, expr: ast.Expr, env: Environment) -> Result:
        """The value of an expression; tensors append the nodes that compute them.

        Raises:
            SpecError: whatever does not fit.
            PoisonedError: it needs a value that an earlier error left undefined.
        """
        match expr:
            case ast.Name(name):
                return self._name(name, (), expr, env)
            case ast.Index(name, indices):
                return self._name(name, indices, expr, env)
            case ast.Call():
                return self._call(expr, env)
            case ast.Unary("-", operand):
                inner = self.value(operand, env)
                if isinstance(inner, Tensor):
                    return self._builder.add(ops.Negate(), (inner,), inner.place, expr.span)
                return self._evaluator.arithmetic(0, "-", inner, expr.span)
            case ast.Binary(_, sign, _) if sign in _ARITHMETIC:
                return self._binary(expr, env)
            case ast.Conditional():
                return self.value(self._evaluator.branch(expr, env), env)
            case (
                ast.Number() | ast.Boolean() | ast.List() | ast.Unary() | ast.Binary() | ast.Wrong()
            ):
                return self._evaluator.value(expr, env)
            case _:
                assert_never(expr)

    def tensor(self, expr: ast.Expr, env: Environment) -> Tensor:
        """Like `value`, for what must be a tensor."""
        value = self.value(expr, env)
        if isinstance(value, Tensor):
            return value
        raise SpecError(f"{worth(value).label} is no value of a space", expr.span)

    def indices(self, exprs: tuple[ast.Expr, ...], env: Environment) -> tuple[int, ...]:
        return tuple(self._evaluator.integer(e, env, "an index") for e in exprs)

    # -- names and calls -----------------------------------------------------------------------

    def _name(
        self, name: str, indices: tuple[ast.Expr, ...], expr: ast.Expr, env: Environment
    ) -> Result:
        if name in env and not indices:
            return _sound(env[name])
        if name in self._operators.families:
            return self._operators.scalar(name, self.indices(indices, env), expr.span)
        if self._operators.is_space(name):
            return self._read(name, self.indices(indices, env), expr.span)
        return self._evaluator.value(expr, env)

    def _call(self, expr: ast.Call, env: Environment) -> Result:
        name = expr.function.name
        if name in NUMERIC_FUNCTIONS:
            return self._evaluator.value(expr, env)
        first = expr.arguments[0]
        assert not isinstance(first, ast.Window)
        resampling = resampling_named(name)
        if resampling is not None:
            return self._resample(resampling, expr, self.tensor(first, env), env)
        if name in self._operators.families:
            arguments = tuple(
                self.tensor(each, env)
                for each in expr.arguments
                if not isinstance(each, ast.Window)
            )
            given = expr.function.indices if isinstance(expr.function, ast.Index) else ()
            return self._operators.apply(name, self.indices(given, env), arguments, expr.span)
        return self._activate(name, self.tensor(first, env), expr, env)

    def _activate(self, name: str, argument: Tensor, expr: ast.Call, env: Environment) -> Tensor:
        word = name
        if name not in ACTIVATIONS:  # a parameter that is one: act = relu
            value = self._evaluator.value(ast.Name(name, expr.function.span), env)
            if value not in ACTIVATIONS:
                raise SpecError(
                    f"`{name}` is {worth(value).label}, no activation", expr.function.span
                )
            word = str(value)
        if word == "identity":
            return argument
        slope = self._slope(name, expr.arguments, env)
        op = ops.Activation(word, slope)
        return self._builder.add(op, (argument,), argument.place, expr.span)

    def _slope(
        self, name: str, arguments: tuple[ast.Expr | ast.Window, ...], env: Environment
    ) -> int | Fraction | None:
        if name != SLOPED or len(arguments) < 2:
            return None
        assert not isinstance(arguments[1], ast.Window)
        slope = self._evaluator.settled(self._evaluator.value(arguments[1], env))
        if isinstance(slope, (int, Fraction)) and is_number(slope):
            return slope
        raise SpecError(f"a slope is a number, not {worth(slope).label}", arguments[1].span)

    def _resample(
        self, name: ResamplingName, expr: ast.Call, argument: Tensor, env: Environment
    ) -> Tensor:
        rules.check_points(name, not argument.size, expr.span)
        match name:
            case "avgpool" | "maxpool":
                op: ops.Op = self._pool(name, expr, argument, env)
            case "upsample":
                op = self._upsample(expr, argument, env)
            case _:
                assert_never(name)
        return self._builder.add(op, (argument,), argument.place, expr.span)

    def _pool(self, name: PoolName, expr: ast.Call, argument: Tensor, env: Environment) -> ops.Op:
        if len(expr.arguments) == 1:
            return ops.Pool(name == "maxpool")
        window = expr.arguments[1]
        if not isinstance(window, ast.Window):  # of a signal: maxpool(r, 2)
            window = ast.Window(ast.Dims((window,), window.span), (), window.span)
        return self._operators.window(name, window, env, argument.shape)

    def _upsample(self, expr: ast.Call, argument: Tensor, env: Environment) -> ops.Upsample:
        given = [a for a in expr.arguments[1:] if not isinstance(a, ast.Window)]
        factor = self._evaluator.integer(given[0], env, "the factor")
        if not 1 <= factor <= MAX_FACTOR:
            raise SpecError(f"the factor must be 1 to {MAX_FACTOR}, not {factor}", given[0].span)
        mode = self._evaluator.value(given[1], env) if len(given) > 1 else "nearest"
        if mode not in UPSAMPLINGS:
            raise SpecError(
                f"{worth(mode).label} is no way to upsample",
                expr.span,
                hint=", ".join(UPSAMPLINGS),
            )
        rules.check_way(str(mode), argument.size, expr.span)
        return ops.Upsample(tuple(n * factor for n in argument.size), str(mode))

    # -- arithmetic ----------------------------------------------------------------------------

    def _binary(self, expr: ast.Binary, env: Environment) -> Result:
        left, right = self.value(expr.left, env), self.value(expr.right, env)
        if not isinstance(left, Tensor) and not isinstance(right, Tensor):
            return self._evaluator.arithmetic(left, expr.sign, right, expr.span)
        both = _is_scalar(left) and _is_scalar(right)
        if not both and expr.sign in "+-":
            return self._sum(expr, left, right)
        if not both:
            rules.check_product(expr.sign, worth(left), worth(right), expr.span)
        values = [v for v in (left, right) if isinstance(v, Tensor) and not v.is_scalar]
        return self._product(expr, *values) if values[1:] else self._spread(expr, left, right)

    def _product(self, expr: ast.Binary, left: Tensor, right: Tensor) -> Tensor:
        """Of two values of one space, or of one with a single channel or point and any other.

        It is of the space of the larger one; of two that are as large, of the second.
        """
        small, large = sorted((right, left), key=lambda value: prod(value.shape))
        single = small.shape[0] == 1 or (small.size and set(small.size) == {1})
        one_space = left.place == right.place and left.shape == right.shape
        if not one_space and not (single and spreads(small.shape, large.shape)):
            sizes, hint = f"{left} and {right}", _product_hint(left, right)
            raise rules.no_product(worth(left), worth(right), sizes, hint, expr.span)
        place = right.place if left.shape == right.shape else large.place
        return self._builder.add(ops.Binary("*"), (left, right), place, expr.span)

    def _spread(self, expr: ast.Binary, left: Result, right: Result) -> Result:
        """Arithmetic in which at least one side is a number or a learnable scalar."""
        if expr.sign == "/" and _is(right, 0):
            raise SpecError("division by zero", expr.right.span)
        if expr.sign in "*/^" and _is(right, 1):
            return left
        if expr.sign == "*" and _is(left, 1):
            return right
        a, b = self._lift(left, expr.left.span), self._lift(right, expr.right.span)
        place = b.place if a.is_scalar else a.place
        return self._builder.add(ops.Binary(expr.sign), (a, b), place, expr.span)

    def _sum(self, expr: ast.Binary, left: Result, right: Result) -> Result:
        if _is(right, 0):
            return left
        if _is(left, 0) and isinstance(right, Tensor):
            if expr.sign == "+":
                return right
            return self._builder.add(ops.Negate(), (right,), right.place, expr.span)
        places = [value.place for value in (left, right) if isinstance(value, Tensor)]
        if len(places) < 2 or places[0] != places[1]:
            rules.check_sum(expr.sign, worth(left), worth(right), expr.span)
        assert isinstance(left, Tensor)
        assert isinstance(right, Tensor)
        if left.shape != right.shape:
            raise SpecError(f"sizes disagree in {left.place.label}: {left} and {right}", expr.span)
        return self._builder.add(ops.Binary(expr.sign), (left, right), left.place, expr.span)

    def _lift(self, value: Result, span: Span) -> Tensor:
        if isinstance(value, Tensor):
            return value
        value = self._evaluator.settled(value)
        if isinstance(value, (int, Fraction)) and is_number(value):
            return self._builder.scalar(ops.Constant(value), None, span)
        raise SpecError(f"{worth(value).label} is no factor", span)


def _product_hint(left: Tensor, right: Tensor) -> str:
    if left.shape == right.shape:
        return f"`spaces {left.place.identity} = {right.place.identity}` would make them one space"
    if len(left.shape) != len(right.shape):
        return "a linear map gives a vector; a conv 1x1 of an avgpool gives an image of one point"
    return "the smaller one has as many channels as the larger, or one; and as many points, or one"


def _sound(value: object) -> Result:
    if isinstance(value, (Tensor, int, Fraction, str, tuple)):
        return value
    raise PoisonedError


def _is(value: Result, number: int) -> bool:
    return is_number(value) and value == number


def _is_scalar(value: Result) -> bool:
    """Numbers and learnable scalars: what spreads over tensors."""
    return value.place == SCALAR if isinstance(value, Tensor) else is_number(value)
