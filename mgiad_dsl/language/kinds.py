"""The kinds of operators: one row for each, which says all that the compiler asks of a kind.

What a kind builds stands in `lower.kinds`; its `match` names every kind, as that of `traits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from typing_extensions import assert_never

KindName = Literal[
    "conv",
    "stencil",
    "linear",
    "scalar",
    "avgpool",
    "maxpool",
    "upsample",
    "batchnorm",
    "groupnorm",
    "layernorm",
    "prelu",
    "dropout",
    "droppath",
]
PoolName = Literal["avgpool", "maxpool"]
ResamplingName = Literal[PoolName, "upsample"]
KIND_NAMES: tuple[KindName, ...] = get_args(KindName)
RESAMPLINGS: tuple[ResamplingName, ...] = get_args(ResamplingName)

Argument = Literal["kernel", "stencil", "initial", "probability", "window", "factor", "none"]
Signature = Literal["needed", "allowed", "none"]
Family = Literal["map", "norm", "activation", "chance", "resampling", "number"]


@dataclass(frozen=True)
class Traits:
    """The row of a kind.

    ``family``: a map between spaces, a norm, an activation with weights, chance in training or a
    resampling (which have none), or a number.
    ``argument``: what stands behind the kind. ``signature``: whether ``: u -> f`` does before it.
    ``exclusive``: options of which one may stand, or with ``one_needed`` must.
    ``has_boundary``: whether ``pad`` may say what lies around the image.
    """

    family: Family
    argument: Argument = "none"
    signature: Signature = "allowed"
    options: frozenset[str] = frozenset()
    exclusive: tuple[str, ...] = ()
    one_needed: bool = False
    keeps_channels: bool = True
    has_boundary: bool = False
    takes_vectors: bool = False
    gives_vector: bool = False

    @property
    def starred(self) -> bool:
        """Whether ``[*]`` may make a new one at every use."""
        return self.family in ("norm", "activation")


_GEOMETRY = frozenset({"stride", "pad", "dilation", "transposed"})
_WINDOW = frozenset({"stride", "pad"})
BOUNDARIES = ("zeros", "circular", "replicate", "reflect")  # around an image
INITIALS = ("kaiming", "uniform", "xavier", "zero")  # how weights start
UPSAMPLINGS = ("nearest", "linear", "bilinear", "trilinear")  # to upsample


def _traits(kind: KindName) -> Traits:
    match kind:
        case "conv":
            return Traits(
                "map",
                "kernel",
                "needed",
                _GEOMETRY | {"group_size", "depthwise", "bias", "init"},
                exclusive=("group_size", "depthwise"),
                has_boundary=True,
                keeps_channels=False,
            )
        case "stencil":
            return Traits(
                "map",
                "stencil",
                "needed",
                _GEOMETRY | {"fixed", "learnable"},
                exclusive=("fixed", "learnable"),
                one_needed=True,
                has_boundary=True,
            )
        case "linear":
            return Traits(
                "map",
                signature="needed",
                options=frozenset({"init"}),
                keeps_channels=False,
                takes_vectors=True,
                gives_vector=True,
            )
        case "scalar":
            return Traits("number", "initial", "none")
        case "avgpool" | "maxpool":
            return Traits("resampling", "window", options=_WINDOW)
        case "upsample":
            return Traits(
                "resampling",
                "factor",
                options=frozenset(UPSAMPLINGS),
                exclusive=UPSAMPLINGS,
            )
        case "batchnorm" | "layernorm":
            return Traits("norm", takes_vectors=True)
        case "groupnorm":
            return Traits("norm", options=frozenset({"group_size"}), takes_vectors=True)
        case "prelu":
            return Traits("activation", takes_vectors=True)
        case "dropout" | "droppath":
            return Traits("chance", "probability", takes_vectors=True)
        case _:
            assert_never(kind)


KINDS: dict[KindName, Traits] = {name: _traits(name) for name in KIND_NAMES}


_NAMED: dict[str, KindName] = {name: name for name in KIND_NAMES}
_RESAMPLINGS: dict[str, ResamplingName] = {name: name for name in RESAMPLINGS}


def kind_named(word: str) -> KindName:
    """The kind that a word of the grammar names."""
    return _NAMED[word]


def resampling_named(word: str) -> ResamplingName | None:
    """The kind of a resampling that is called like a function: ``maxpool(g, 2x2)``."""
    return _RESAMPLINGS.get(word)


def takes(kind: KindName) -> str:
    """Which options a kind has, as a hint."""
    return f"`{kind}` takes {', '.join(sorted(KINDS[kind].options)) or 'no options'}"
