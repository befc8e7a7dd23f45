"""The numbers behind a kind of operator, evaluated at the indices of a use."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod

from pydantic import ValidationError

from mgiad_dsl.base.source import Span, SpecError
from mgiad_dsl.graph import ops
from mgiad_dsl.graph.describe import by
from mgiad_dsl.graph.ops import Size
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator, is_number, kind_of, show
from mgiad_dsl.language.habits import STARTS, habit
from mgiad_dsl.language.kinds import BOUNDARIES, INITIALS
from mgiad_dsl.language.spec import MAX_RANK, Options
from mgiad_dsl.language.words import did_you_mean

Environment = Mapping[str, object]

_BOUNDS = {"ge": "at least", "le": "at most"}  # as pydantic calls them


class Arguments:
    """Reads kernels, options, stencils and probabilities; what is none of them is a `SpecError`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def options(self, kind: ast.Kind, env: Environment, kernel: Size) -> Options:
        """The options of a kind; ``kernel`` is that of a stencil."""
        values: dict[str, object] = {}
        spans: dict[str, Span] = {}
        if isinstance(kind.argument, ast.Dims):
            kernel = self._integers(kind.argument, env, "a kernel")
        if kernel:
            values["kernel"], spans["kernel"] = kernel, kind.span
        if isinstance(kind.argument, ast.Dims):
            spans["kernel"] = kind.argument.span
        for option in kind.options:
            spans[option.name] = option.span
            boundary = option.boundary or self._boundary_word(option, env)
            if boundary is not None:
                values["boundary"] = boundary
                if option.value is None or option.boundary is None:
                    continue
            if isinstance(option.value, ast.Dims):
                values[option.name] = self._along(option, option.value, env, kernel)
            elif option.value is None:
                values[option.name] = True
            elif option.name == "init":
                values[option.name] = self._initial(option.value, env)
            else:
                values[option.name] = self._evaluator.channels(
                    option.value, env, f"`{option.name}`"
                )
        if kind.traits.argument == "factor" and isinstance(kind.argument, ast.Expr):
            values["factor"] = self._evaluator.integer(kind.argument, env, "the factor")
            spans["factor"] = kind.argument.span
        try:
            return Options(**values)  # type: ignore[arg-type]
        except ValidationError as problem:
            first = problem.errors()[0]
            field = str(first["loc"][0])
            ((bound, limit),) = first["ctx"].items()
            raise SpecError(
                f"`{field}` must be {_BOUNDS[bound]} {limit}, not {first['input']}",
                spans.get(field, kind.span),
            ) from None

    def _boundary_word(self, option: ast.Option, env: Environment) -> str | None:
        """What a parameter says that lies around the image: ``pad around``."""
        if option.name != "pad" or not isinstance(option.value, ast.Dims):
            return None
        first, *others = option.value.numbers
        word = None if others else self._evaluator.value(first, env)
        if isinstance(word, str) and word not in BOUNDARIES:
            raise SpecError(
                f"`pad` must be an integer or one of {', '.join(BOUNDARIES)}, not {kind_of(word)}",
                first.span,
                hint=did_you_mean(word, BOUNDARIES),
            )
        return word if isinstance(word, str) else None

    def _initial(self, expr: ast.Expr, env: Environment) -> str:
        """How weights start: ``init uniform``."""
        value = self._evaluator.value(expr, env)
        if not isinstance(value, str) or value not in INITIALS:
            raise SpecError(
                f"weights start as one of {', '.join(INITIALS)}, not {kind_of(value)}",
                expr.span,
                hint=habit("zero" if value == 0 else str(value), STARTS),
            )
        return value

    def _integers(self, dims: ast.Dims, env: Environment, what: str) -> Size:
        return tuple(self._evaluator.integer(each, env, what) for each in dims.numbers)

    def _along(self, option: ast.Option, dims: ast.Dims, env: Environment, kernel: Size) -> Size:
        """A number for each dimension of a kernel; one serves all."""
        numbers = self._integers(dims, env, f"`{option.name}`")
        if len(numbers) == 1:
            return numbers * max(1, len(kernel))
        if kernel and len(numbers) != len(kernel):
            raise SpecError(
                f"ranks disagree: `{option.name}` has {len(numbers)} numbers, "
                f"and the kernel is {by(kernel)}",
                option.span,
                hint=f"one number serves all dimensions: {option.name} {numbers[0]}",
            )
        return numbers

    def rows(self, expr: object, env: Environment) -> ops.Rows:
        """The numbers of a stencil, in lists as deep as the image has dimensions."""
        assert isinstance(expr, ast.Expr)
        value = self._evaluator.settled(self._evaluator.value(expr, env))
        kernel = _kernel(value)
        if not kernel or len(kernel) > MAX_RANK:
            raise SpecError(
                "a stencil is a list of numbers, of rows of them, or of planes of rows, "
                "all of one length",
                expr.span,
                hint="[-1,2,-1] or [[0,-1,0],[-1,4,-1],[0,-1,0]]",
            )
        self._evaluator.spend(prod(kernel), expr.span)
        assert isinstance(value, tuple)
        return value

    def probability(self, kind: ast.Kind, env: Environment) -> int | Fraction:
        """That of a `dropout` or a `droppath`."""
        assert isinstance(kind.argument, ast.Expr)
        span = kind.argument.span
        value = self._evaluator.settled(self._evaluator.value(kind.argument, env))
        if not isinstance(value, (int, Fraction)) or isinstance(value, bool):
            raise SpecError(f"a probability is a number, not {kind_of(value)}", span)
        if value < 0 or float(value) >= 1:  # the emitted file has a float
            raise SpecError(
                f"the probability of a {kind.name} must be at least 0 and less than 1, "
                f"not {show(value)}",
                span,
                hint=f"of one in ten: {kind.name} 1/10",
            )
        return value


def _kernel(value: object) -> Size | None:
    """The kernel of numbers in lists in lists, if lists beside each other are as long."""
    if not isinstance(value, tuple):
        return () if is_number(value) else None
    inside = {_kernel(each) for each in value}
    inner = inside.pop() if len(inside) == 1 else None
    return None if inner is None else (len(value), *inner)
