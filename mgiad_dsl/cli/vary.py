"""Counts a network as one of its parameters varies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from mgiad_dsl.base.printable import printable
from mgiad_dsl.base.source import SpecError
from mgiad_dsl.cli.messages import in_brief, show_problem
from mgiad_dsl.compiler import Compiled, compile_tree
from mgiad_dsl.counting.growth import Gap, Point, Variation
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import show
from mgiad_dsl.rewrite import Level


def vary(
    tree: ast.Spec,
    variant: str | None,
    parameter: str,
    values: Sequence[str],
    settings: Mapping[str, object],
    level: Level = 1,
) -> Variation:
    """Count a network at each value of a parameter; errors at some of them are said in brief.

    Args:
        tree: the spec.
        variant: the name of a variant of it.
        parameter: the name of a numeric parameter of the network.
        values: at least two positive numbers, each larger than the one before.
        settings: other parameters to set otherwise.
        level: of optimisation.

    Raises:
        SpecError: anything wrong in the settings, or the values, or at each value.
    """
    if parameter in settings:
        raise SpecError(f"`{parameter}` is both set and varied")
    tried = [_tried(tree, variant, {**settings, parameter: value}, level) for value in values]
    networks = [each for each in tried if isinstance(each, Compiled)]
    if not networks:
        raise next(each for each in tried if isinstance(each, SpecError))
    samples = tuple(_samples(tried, parameter, values))
    variation = Variation(networks[0].name, parameter, samples)
    numbers = [point.value for point in variation.points]
    if len(values) < 2 or any(a >= b for a, b in pairwise([Fraction(0), *numbers])):
        raise SpecError(
            f"`{parameter}` is varied over {', '.join(map(show, numbers))}",
            hint=f"two or more positive numbers that grow: {parameter}=1,2,4",
        )
    return variation


def _tried(
    tree: ast.Spec, variant: str | None, settings: Mapping[str, object], level: Level
) -> Compiled | SpecError:
    try:
        return compile_tree(tree, variant, settings, level)
    except SpecError as error:
        return error


def _samples(
    tried: Sequence[Compiled | SpecError], parameter: str, values: Sequence[str]
) -> Iterator[Point | Gap]:
    for result, value in zip(tried, values, strict=True):
        if isinstance(result, SpecError):
            show_problem(f"{parameter}={value}: {in_brief(result)}")
            yield Gap(printable(value), printable(result.message))
        else:
            counted = result.count
            number = _number(result, parameter)
            yield Point(number, counted.weights, counted.body, counted.macs)


def _number(network: Compiled, parameter: str) -> int | Fraction:
    value = network.spec.values[parameter]
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return value
    raise SpecError(f"`{parameter}` is {show(value)}, and only numbers can be varied")
