"""Which passes run at each level of optimisation, and that every one leaves a legal network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias, get_args

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.verify import verify
from mgiad_dsl.rewrite.cancel import cancel
from mgiad_dsl.rewrite.common import merge_common
from mgiad_dsl.rewrite.constants import fold_constants
from mgiad_dsl.rewrite.join import join_linear
from mgiad_dsl.rewrite.residual import carry_residuals
from mgiad_dsl.rewrite.together import join_groups
from mgiad_dsl.rewrite.unneeded import drop_unneeded
from mgiad_dsl.rewrite.zero import drop_zeros

Level = Literal[0, 1, 2]
Rewrite: TypeAlias = Callable[[Network], Network]

LEVELS: tuple[Level, ...] = get_args(Level)
_PASSES: Mapping[Level, tuple[Rewrite, ...]] = {
    0: (),  # the network as the spec writes it
    1: (drop_zeros, merge_common, drop_unneeded),  # equal bit for bit
    2: (  # equal in real arithmetic
        drop_zeros,
        fold_constants,
        merge_common,
        carry_residuals,
        cancel,
        join_linear,
        merge_common,
        drop_unneeded,
        join_groups,
    ),
}


def known_level(level: object) -> Level:
    """The level that a number or a text means.

    Raises:
        SpecError: there is no such level.
    """
    for each in LEVELS:
        if str(each) == str(level):
            return each
    hint = f"{', '.join(map(str, LEVELS[:-1]))} or {LEVELS[-1]}"
    raise SpecError(f"there is no level {level} of optimisation", hint=hint)


def rewrite(network: Network, level: Level) -> Network:
    """The network that runs at a level of optimisation.

    Weights are untouched: every sharing group stays, with its name and its operator, also one
    whose last use goes.

    Raises:
        SpecError: there is no such level.
        CompilerError: a pass made a network that is not legal.
    """
    return next((made for _, made in reversed(list(stages(network, level)))), network)


def stages(network: Network, level: Level) -> Iterator[tuple[Rewrite, Network]]:
    """Each pass of a level, with the network that it leaves; raises as `rewrite`."""
    for pass_ in _PASSES[known_level(level)]:
        network = pass_(network)
        verify(network)
        yield pass_, network
