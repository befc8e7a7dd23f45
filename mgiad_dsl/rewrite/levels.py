"""Which passes run at each level and for inference, and that each leaves a legal network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias, get_args

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.verify import verify
from mgiad_dsl.rewrite.cancel import cancel
from mgiad_dsl.rewrite.chance import drop_chance
from mgiad_dsl.rewrite.channels_last import put_channels_as_given, put_channels_last
from mgiad_dsl.rewrite.common import merge_common
from mgiad_dsl.rewrite.constants import fold_constants
from mgiad_dsl.rewrite.join import join_linear
from mgiad_dsl.rewrite.norms import fold_norms
from mgiad_dsl.rewrite.residual import carry_residuals
from mgiad_dsl.rewrite.together import join_groups
from mgiad_dsl.rewrite.unneeded import drop_unneeded
from mgiad_dsl.rewrite.unused import drop_unused
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
    ),
}
# How a device computes the same faster: nothing that is counted depends on it.
_FOR_DEVICES: Mapping[Level, tuple[Rewrite, ...]] = {
    0: (),
    1: (),
    2: (join_groups, put_channels_last),
}
# Before those of the level and after them: what comes out cannot be trained.
_FIRST_FOR_INFERENCE: tuple[Rewrite, ...] = (drop_chance,)
_FOR_INFERENCE: tuple[Rewrite, ...] = (
    drop_unneeded,
    fold_norms,
    drop_unused,  # of weights
    put_channels_as_given,
)


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


def rewrite(
    network: Network, level: Level, inference: bool = False, for_devices: bool = True
) -> Network:
    """The network that runs at a level of optimisation.

    Weights are untouched: every sharing group stays, with its name and its operator, also one
    whose last use goes. Not so for ``inference``: there weights are made anew of those of the
    network (``WeightGroup.made_of``). Without ``for_devices`` it is as good for counting.

    Raises:
        SpecError: there is no such level.
        CompilerError: a pass made a network that is not legal.
    """
    made = [made for _, made in stages(network, level, inference, for_devices)]
    return made[-1] if made else network


def stages(
    network: Network, level: Level, inference: bool = False, for_devices: bool = True
) -> Iterator[tuple[Rewrite, Network]]:
    """Each pass, with the network that it leaves; as `rewrite`."""
    level = known_level(level)
    passes = _PASSES[level] + (_FOR_DEVICES[level] if for_devices else ())
    if inference:
        passes = (*_FIRST_FOR_INFERENCE, *passes, *_FOR_INFERENCE)
    for pass_ in passes:
        network = pass_(network)
        verify(network)
        yield pass_, network
