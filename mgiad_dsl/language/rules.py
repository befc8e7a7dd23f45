"""What may be added, multiplied, applied and assigned: every rule of spaces, and its message.

`check` asks with families (a value of `u`), for all equations, also those that never run;
`lower` asks again with levels (a value of u[2]), for those that do.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.language.kinds import UPSAMPLINGS

ONLY_ZERO = "of all numbers only 0 is a value of every space"


@dataclass(frozen=True)
class Worth:
    """What an expression is worth.

    Values of equal ``space`` may be added; ``label`` says what it is in messages; ``number`` is
    the value of a number, where that is known. Booleans, words and lists are ``other``.
    """

    sort: Literal["number", "scalar", "space", "other"]
    label: str
    space: object = None
    number: int | Fraction | None = None
    declared: tuple[Note, ...] = ()

    @property
    def spreads(self) -> bool:
        """Whether it is a number or a learnable scalar."""
        return self.sort in ("number", "scalar")

    @property
    def may_be_zero(self) -> bool:
        return self.sort == "number" and self.number in (None, 0)


def check_sum(sign: str, left: Worth, right: Worth, span: Span) -> None:
    """``left + right``, ``left - right``

    Raises:
        SpecError: they are values of two spaces, or one is a number but 0.
    """
    if (left.spreads and right.spreads) or left.may_be_zero or right.may_be_zero:
        return
    numbers = not {left.sort, right.sort} <= {"scalar", "space"}
    if not numbers and (left.sort, left.space) == (right.sort, right.space):
        return
    one, two, done = (left, right, "added to")
    if sign == "-":
        one, two, done = (right, left, "subtracted from")
    raise SpecError(
        f"{one.label} cannot be {done} {two.label}",
        span,
        hint=ONLY_ZERO if numbers else "`+` and `-` need two values of one space",
        notes=() if numbers else _declared(left, right),
    )


def check_product(sign: str, left: Worth, right: Worth, span: Span) -> None:
    """``left * right``, ``left / right``, ``left ^ right``

    Of two values of spaces only their sizes tell whether one multiplies the other.

    Raises:
        SpecError: something where only numbers and learnable scalars may stand.
    """
    fits, done, rule = {
        "*": (
            left.spreads or right.spreads or left.sort == right.sort == "space",
            "multiplied by",
            "values of spaces, numbers and learnable scalars multiply",
        ),
        "/": (
            right.spreads,
            "divided by",
            "values of spaces are divided by numbers and learnable scalars",
        ),
        "^": (
            left.spreads and right.spreads,
            "raised to",
            "only numbers and learnable scalars have powers; a square is a product, r * r",
        ),
    }[sign]
    if not fits:
        raise SpecError(f"{left.label} cannot be {done} {right.label}", span, hint=rule)


def no_product(left: Worth, right: Worth, sizes: str, hint: str, span: Span) -> SpecError:
    """``left * right`` of two values of which neither multiplies the other."""
    return SpecError(
        f"{left.label} cannot be multiplied by {right.label}: {sizes}",
        span,
        hint=hint,
        notes=_declared(left, right),
    )


def check_is_value(function: str, argument: Worth, span: Span) -> None:
    """The argument of an operator or a resampling.

    Raises:
        SpecError: it is a number or a learnable scalar.
    """
    if argument.spreads:
        raise SpecError(f"`{function}` cannot be applied to {argument.label}", span)


def check_points(function: str, is_vector: bool, span: Span) -> None:
    """What works on the points of an image.

    Raises:
        SpecError: it is given a vector.
    """
    if is_vector:
        raise SpecError(f"`{function}` is given a vector, which has no points", span)


def check_way(way: str, size: tuple[int, ...], span: Span) -> None:
    """``upsample(r, 2, bilinear)``

    Raises:
        SpecError: it interpolates in images of another number of dimensions.
    """
    fits = UPSAMPLINGS[len(size)]
    if way not in (UPSAMPLINGS[0], fits):
        raise SpecError(
            f"ranks disagree: `{way}` upsamples images of another rank than "
            f"{'x'.join(map(str, size))}",
            span,
            hint=f"here it is called {fits}",
        )


def check_applied(operator: str, note: Note, domain: Worth, argument: Worth, span: Span) -> None:
    """``A[l](argument)``

    Raises:
        SpecError: the operator takes values of another space.
    """
    if argument.space != domain.space:
        raise SpecError(
            f"`{operator}` applies to {domain.label}, but this is {argument.label}",
            span,
            notes=(note, *_declared(domain, argument)),
        )


def check_assigned(target: Worth, value: Worth, span: Span) -> None:
    """``target = value``

    Raises:
        SpecError: it is a value of another space.
    """
    if not value.may_be_zero and value.space != target.space:
        raise SpecError(
            f"{value.label} cannot be assigned to {target.label}",
            span,
            notes=_declared(value, target),
        )


def _declared(*sides: Worth) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(note for side in sides for note in side.declared))
