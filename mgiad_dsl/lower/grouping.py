"""How many groups the channels of a convolution fall into."""

from __future__ import annotations

from math import gcd

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.spec import Options
from mgiad_dsl.lower.ends import Ends, option_span


def groups(kind: ast.Kind, options: Options, ends: Ends) -> int:
    """How many groups a convolution has.

    Raises:
        SpecError: they do not divide the channels of both sides.
    """
    few, many = sorted((ends.channels_in, ends.channels_out))
    if options.depthwise:
        option, number, said = "depthwise", few, "depthwise"
    elif options.group_size is None:
        return 1
    elif many % options.group_size:
        raise SpecError(
            f"groups of {options.group_size} do not divide the {many} channels of `{ends.label}`",
            option_span(kind, "group_size"),
            hint=_group_sizes(few, many, options.group_size),
        )
    else:
        option, said = "group_size", f"group_size {options.group_size}"
        number = many // options.group_size
    if ends.channels_in % number or ends.channels_out % number:
        raise SpecError(
            f"`{ends.label}` takes {ends.channels_in} channels to {ends.channels_out}; "
            f"{said} makes {number} groups, which do not divide both",
            option_span(kind, option),
            hint=None if options.depthwise else _group_sizes(few, many, many // number),
        )
    return number


def _group_sizes(few: int, many: int, near: int) -> str:
    """The group sizes next to a wrong one: both sides have as many groups."""
    few, many, near = int(few), int(many), int(near)  # a hint
    common = gcd(few, many)

    def fits(size: int) -> bool:
        return many % size == 0 and common % (many // size) == 0

    below = next((str(d) for d in range(min(near, many), 0, -1) if fits(d)), None)
    above = next((str(d) for d in range(near, min(many, near * 64) + 1) if fits(d)), None)
    return f"{' or '.join(dict.fromkeys(filter(None, (below, above))))} would"
