"""From an operator's kind and options, with all numbers known, to an operation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from typing_extensions import assert_never

from mgiad_dsl.base.source import Note, SpecError
from mgiad_dsl.graph import ops, shapes
from mgiad_dsl.graph.describe import by
from mgiad_dsl.graph.ops import Op, Shape, Size
from mgiad_dsl.language import rules
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import Evaluator, kind_of
from mgiad_dsl.language.kinds import UPSAMPLINGS, PoolName
from mgiad_dsl.language.spec import MAX_RANK, Options
from mgiad_dsl.lower.arguments import Arguments, Environment
from mgiad_dsl.lower.ends import Ends, option_span
from mgiad_dsl.lower.grouping import groups


class Kinds:
    """Makes operations of declared kinds; expressions are evaluated at the indices of a use."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._arguments = Arguments(evaluator)

    def build(self, kind: ast.Kind, env: Environment, ends: Ends) -> Op:
        """The operation of a kind at one use.

        Raises:
            SpecError: an option out of range, or one that does not fit the channels or sizes.
        """
        if not kind.traits.takes_vectors:
            rules.check_points(ends.label, ends.rank == 0, ends.span)
        if kind.traits.keeps_channels:
            _check_channels_kept(ends, kind)
        rows = self._arguments.rows(kind.argument, env) if kind.name == "stencil" else ()
        options = self._arguments.options(kind, env, ops.lengths(rows) if rows else ())
        if options.kernel is not None:
            _check_rank(kind, options.kernel, ends)
        match kind.name:
            case "conv":
                return self._conv(kind, options, ends)
            case "stencil":
                return self._stencil(kind, rows, options, ends)
            case "linear":
                return self._linear(options, ends)
            case "batchnorm":
                return ops.BatchNorm(ends.channels_in, max(1, ends.rank))
            case "groupnorm":
                return self._groupnorm(kind, options, ends)
            case "layernorm":
                return ops.LayerNorm(ends.channels_in)
            case "prelu":
                return ops.PReLU(ends.channels_in)
            case "dropout":
                return ops.Dropout(self._arguments.probability(kind, env))
            case "droppath":
                return ops.DropPath(self._arguments.probability(kind, env))
            case "avgpool" | "maxpool":
                return _pool(kind, options, ends)
            case "upsample":
                return self._upsample(kind, options, ends)
            case "scalar":
                return self.scalar(kind, env)
            case _:
                assert_never(kind.name)

    def scalar(self, kind: ast.Kind, env: Environment) -> ops.Scalar:
        assert isinstance(kind.argument, ast.Expr)
        initial = self._evaluator.settled(self._evaluator.value(kind.argument, env))
        if not isinstance(initial, (int, Fraction)) or isinstance(initial, bool):
            raise SpecError(
                f"a scalar starts at a number, not {kind_of(initial)}", kind.argument.span
            )
        return ops.Scalar(initial)

    def window(self, name: PoolName, window: ast.Window, env: Environment, given: Shape) -> Op:
        """The pooling ``maxpool(g, 3x3 stride 2)`` of a value of a shape.

        Raises:
            SpecError: as `build`.
        """
        channels, *size = given
        ends = Ends(name, channels, channels, tuple(size), len(size), None, window.span)
        return self.build(ast.Kind(name, window.dims, window.options, window.span), env, ends)

    # -- kinds -------------------------------------------------------------------------------

    def _conv(self, kind: ast.Kind, options: Options, ends: Ends) -> ops.Conv:
        assert options.kernel is not None
        op = ops.Conv(
            ends.channels_in,
            ends.channels_out,
            options.kernel,
            stride=options.stride or (),
            padding=_padding(kind, options.kernel, options),
            dilation=options.dilation or (),
            groups=groups(kind, options, ends),
            bias=options.bias,
            transposed=options.transposed,
            boundary=_boundary(kind, options),
            initial=options.init or ops.Conv.initial,
        )
        return _at_size(op, kind, ends)

    def _stencil(self, kind: ast.Kind, rows: ops.Rows, options: Options, ends: Ends) -> ops.Stencil:
        op = ops.Stencil(
            rows,
            options.fixed,
            stride=options.stride or (),
            padding=_padding(kind, ops.lengths(rows), options),
            dilation=options.dilation or (),
            transposed=options.transposed,
            boundary=_boundary(kind, options),
        )
        return _at_size(op, kind, ends)

    def _linear(self, options: Options, ends: Ends) -> ops.Linear:
        if any(n != 1 for n in ends.size):
            point = by((1,) * len(ends.size))
            raise SpecError(
                f"`{ends.label}` is linear and needs size {point}, not {by(ends.size)}",
                ends.span,
                hint="average over the image first: avgpool(...)",
            )
        return ops.Linear(
            ends.channels_in, ends.channels_out, initial=options.init or ops.Linear.initial
        )

    def _groupnorm(self, kind: ast.Kind, options: Options, ends: Ends) -> ops.GroupNorm:
        size = options.group_size
        if size is None:
            raise SpecError("a groupnorm needs its group size", kind.span, hint="group_size 16")
        if ends.channels_in % size:
            raise SpecError(
                f"`{ends.label}` normalises {ends.channels_in} channels, "
                f"which groups of {size} do not divide",
                kind.span,
            )
        return ops.GroupNorm(ends.channels_in, ends.channels_in // size)

    def _upsample(self, kind: ast.Kind, options: Options, ends: Ends) -> ops.Upsample:
        if options.factor is not None:
            size = tuple(n * options.factor for n in ends.size)
        elif ends.wanted is not None:
            _check_wanted(ends)
            size = ends.wanted
        else:
            raise SpecError(
                f"`{ends.label}` does not know the size it is to give",
                kind.span,
                hint="write a factor: upsample 2",
            )
        way = next((word for word in UPSAMPLINGS if getattr(options, word)), "nearest")
        rules.check_way(way, ends.size, option_span(kind, way))
        return ops.Upsample(size, way)


def _check_rank(kind: ast.Kind, kernel: Size, ends: Ends) -> None:
    if ends.size and len(kernel) != len(ends.size):
        raise SpecError(
            f"ranks disagree: `{ends.label}` has a kernel of {by(kernel)}, "
            f"and is given a value of size {by(ends.size)}",
            ends.span,
            hint=_written(kind, kernel, len(ends.size)),
            notes=()
            if kind.span == ends.span
            else (Note("the kernel is declared here", kind.span),),
        )


def _written(kind: ast.Kind, kernel: Size, rank: int) -> str | None:
    """How a kernel is written of that rank; ``3*3`` was meant as ``3x3``."""
    if not isinstance(kind.argument, ast.Dims):
        return None
    sides = kind.argument.span.text.split("*")
    return f"write {' x '.join(map(str.strip, sides)) if sides[1:] else by(kernel[:1] * rank)}"


def _pool(kind: ast.Kind, options: Options, ends: Ends) -> ops.Pool:
    """A pooling; windows follow each other by default, odd ones are padded by half."""
    kernel = options.kernel
    if kernel is None:
        for option in kind.options:
            raise SpecError(
                f"over the whole image `{kind.name}` has no `{option.name}`",
                option.span,
                hint=f"{kind.name} 2x2 {option.span.text}",
            )
        return ops.Pool(kind.name == "maxpool")
    fits = all(k <= n for k, n in zip(kernel, ends.size, strict=False))
    if kind.name == "avgpool" and len(kernel) == MAX_RANK and not fits:  # PyTorch refuses it
        raise SpecError(
            f"a window of {by(kernel)} is larger than the volume of {by(ends.size)}", ends.span
        )
    half = tuple((k - 1) // 2 if k % 2 else 0 for k in kernel)
    padding = options.pad if options.pad is not None else half
    return ops.Pool(kind.name == "maxpool", kernel, options.stride or kernel, padding)


def _check_channels_kept(ends: Ends, kind: ast.Kind) -> None:
    if ends.channels_in != ends.channels_out:
        raise SpecError(
            f"a `{kind.name}` keeps the channels, but `{ends.label}` stands between "
            f"{ends.channels_in} and {ends.channels_out}",
            ends.span,
        )


def _padding(kind: ast.Kind, kernel: Size, options: Options) -> Size:
    """What was said, or the padding that keeps the size at stride 1."""
    if options.pad is not None:
        return options.pad
    dilation = options.dilation or (1,) * len(kernel)
    reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if any(r % 2 for r in reach):
        raise SpecError(
            f"no padding of a {by(kernel)} kernel keeps the size",
            kind.span,
            hint="say which: pad 0",
        )
    return tuple(r // 2 for r in reach)


_Moving = TypeVar("_Moving", ops.Conv, ops.Stencil)


def _boundary(kind: ast.Kind, options: Options) -> str:
    """What lies around the image."""
    if options.boundary != "zeros" and options.transposed:
        raise SpecError(
            f"a transposed {kind.name} has zeros around the image, no `{options.boundary}`",
            option_span(kind, "pad"),
        )
    return options.boundary


def _at_size(op: _Moving, kind: ast.Kind, ends: Ends) -> _Moving:
    """An operation where the sizes of its use are known."""
    if op.transposed:
        return replace(op, output_padding=_output_padding(op, ends))
    if not any(op.padding):
        return replace(op, boundary="zeros")
    lack = {"circular": 0, "reflect": 1}.get(op.boundary)
    for width, points in zip(op.padding, ends.size, strict=False):
        if lack is not None and width > points - lack:
            raise SpecError(
                f"`{op.boundary}` around {by(ends.size)} is {points - lack} wide at most, "
                f"not {width}",
                option_span(kind, "pad"),
            )
    return op


def _check_wanted(ends: Ends) -> None:
    """Both sides are images of as many dimensions."""
    if ends.wanted and ends.size and len(ends.wanted) != len(ends.size):
        raise SpecError(
            f"ranks disagree: `{ends.label}` is given a value of size {by(ends.size)}, "
            f"but its codomain is {by(ends.wanted)}",
            ends.span,
        )


def _output_padding(op: ops.Conv | ops.Stencil, ends: Ends) -> Size:
    """What makes a transposed operator give the size its codomain asks for."""
    if ends.wanted is None:
        return op.output_padding
    _check_wanted(ends)
    plain = shapes.transposed(ends.size, op)
    missing = tuple(n - m for n, m in zip(ends.wanted, plain, strict=True))
    for lack, stride, dilation in zip(missing, op.stride, op.dilation, strict=True):
        if not 0 <= lack < max(stride, dilation):
            raise SpecError(
                f"sizes disagree: `{ends.label}` makes {by(plain)} of {by(ends.size)}, "
                f"but its codomain is {by(ends.wanted)}",
                ends.span,
            )
    return missing
