"""Draws plans."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import strategies as st

from mgiad_dsl.language import words
from tests.random_specs.plan import Conv, Cycle, Plan

KERNELS = [(1, 1), (3, 3), (5, 5), (3, 1)]
STENCIL = "stencil [[0,-1,0],[-1,4,-1],[0,-1,0]] / 8"
ACTIVATIONS = list(words.ACTIVATIONS)
START = ["g", "maxpool(g, 3x3 stride 2)", "avgpool(g, 2x2)"]  # of images

# Names that mean something else to Python, to torch, or to the emitted file itself.
AWKWARD_NAMES = [
    *("self", "nn", "torch", "F", "pick", "list", "int", "dict", "super", "REGIONS", "lambda"),
    *("forward", "train", "type", "weight", "training", "modules", "state_dict", "True", "print"),
    *("t1", "u1", "u_coarse", "norm_a", "norm_b", "A_coarse", "A_a", "coarsen_k", "coarsen_l"),
    *("v_cycle_k1", "Stencil2d", "ChannelNorm", "Drawn", "geometry", "range", "type_", "u_"),
]
_NAMED = ["u", "f", "g", "r", "A", "B", "R", "Pi", "P", "Rc", "Pic", "Pc", "norm", "s", "head", "H"]
_NAMED += ["D", "theta", "image", "relax", "sweep", "logits", "map", "fine", "shared", "act"]
_NAMED += ["drop", "M", "J"]


def _cycles(kinds: Sequence[str], least: int) -> st.SearchStrategy[Cycle]:
    steps = st.integers(least, 2)
    solve = st.none() | st.integers(1, 3)
    return st.builds(Cycle, st.sampled_from(kinds), steps, st.integers(0, 2), solve)


@st.composite
def _convs(
    draw: st.DrawFn,
    ends: list[tuple[int, int]],
    kernels: Sequence = KERNELS,
    inside: bool = False,
) -> Conv:
    """A convolution that fits all these pairs of channels; ``inside`` a space, of any boundary."""
    kernel, dilation = draw(st.sampled_from(kernels)), draw(st.sampled_from([1, 1, 2]))
    bias = draw(st.booleans())
    around = ["", "", "replicate", *["circular"] * (kernel == (3, 3) and dilation == 1)]
    boundary = draw(st.sampled_from(around)) if inside else ""
    initial = draw(st.sampled_from(["", "", "uniform", "xavier"]))
    groupings = ["dense", "depthwise", 2, 4, 8]
    made = [Conv(kernel, dilation, g, bias, boundary, initial) for g in groupings]
    return draw(st.sampled_from([conv for conv in made if conv.fits(ends)]))


@st.composite
def plans(draw: st.DrawFn, names: Sequence[str] = ()) -> Plan:
    """A network; its parts take some of ``names``, if given."""
    levels = draw(st.integers(1, 4))
    nested = draw(st.booleans())
    widths = st.sampled_from([8, 16] if nested else [4, 6, 8, 12])
    equal = draw(st.booleans())
    channels = (draw(widths),) * levels if equal else tuple(draw(widths) for _ in range(levels))
    depths = tuple(draw(st.integers(0, 2)) for _ in channels) if nested else None
    kinds = ["backslash", "V", "V", "W", *["F"] * (not names)]  # a space may be called F
    cycle = draw(_cycles(kinds, least=int(nested)))
    inner = draw(_cycles(["backslash", "V", "V", "W"], least=0))
    outputs = draw(st.sets(st.sampled_from(["logits", "map", "fine"]), min_size=1))
    rank = draw(st.sampled_from([1, 2, 2, 3]))
    loops = draw(st.sampled_from([0, 0, 1, 2]))
    operators = draw(_kinds(channels, depths, cycle, inner, outputs, rank, loops))
    sizes = st.integers(5, 7) if rank == 3 else st.integers(8, 13)
    strides = {1: ["2", "3"], 2: ["2", "2", "2 x 1", "3"], 3: ["2", "2 x 1 x 2"]}[rank]
    return Plan(
        channels,
        depths,
        size=tuple(draw(sizes) for _ in range(rank)),
        stride=draw(st.sampled_from(strides)),
        cycle=cycle,
        inner=inner,
        forms={name: draw(_form(name, len(set(channels)) == 1, nested)) for name in operators},
        kinds=operators,
        start=draw(st.sampled_from(START)),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        outputs=tuple(sorted(outputs)),
        named_step=draw(st.booleans()),
        loops=loops,
        gate=draw(st.booleans()),
        names=dict(zip(_NAMED, draw(st.permutations(names)), strict=False)) if names else {},
    )


@st.composite
def _kinds(
    draw: st.DrawFn,
    channels: tuple[int, ...],
    depths: tuple[int, ...] | None,
    cycle: Cycle,
    inner: Cycle,
    outputs: set[str],
    rank: int,
    loops: int,
) -> dict[str, Conv | str]:
    """The operators, in the order they are declared."""
    depths_ = depths or (0,) * len(channels)
    widths = {c // 2**k for c, d in zip(channels, depths_, strict=True) for k in range(d + 1)}
    within = [(c, c) for c in widths]
    between = list(pairwise(channels))
    keeps = all(a == b for a, b in between)
    stencils = [st.just(f"{STENCIL} {word}") for word in ("fixed", "learnable")] * keeps
    windows = [st.just("maxpool 3x3"), *[st.just("avgpool 3x3")] * (rank < 3)] * keeps
    coarse = st.one_of(_convs(between, KERNELS[1:3]), *stencils, *windows)
    kinds: dict[str, Conv | str] = {
        "theta": Conv((3, 3), bias=draw(st.booleans())),
        "A": draw(_convs(within, inside=True)),
        "B": draw(
            st.one_of(
                _convs(within, inside=True), _convs(within), *[st.just(f"{STENCIL} learnable")]
            )
        ),
        "R": draw(coarse),
    }
    if draw(st.booleans()):
        kinds["Pi"] = draw(coarse)
    if cycle.kind != "backslash":
        upsamples = [st.just("upsample"), st.just("upsample bilinear")] * keeps
        kinds["P"] = draw(st.one_of(_convs(between, KERNELS[1:3]), *stencils, *upsamples))
    if depths is not None:
        halves = [(c, c // 2) for c in widths]
        kinds["Rc"] = draw(_convs(halves, KERNELS[:2]))
        kinds["Pic"] = draw(_convs(halves, KERNELS[:2]))
        if inner.kind != "backslash":
            kinds["Pc"] = draw(_convs(halves, KERNELS[:2]))
    norms = [None, "batchnorm", "groupnorm group_size 2", "layernorm", "prelu"]
    norm = draw(st.sampled_from(norms))
    kinds |= {"norm": norm} if norm else {}
    kinds |= {"s": "scalar 3/4"} if draw(st.booleans()) else {}
    chance = draw(st.sampled_from([None, "dropout 1/4", "droppath 1/4", "dropout 0"]))
    kinds |= {"drop": chance} if chance else {}
    kinds |= {"M": Conv((3, 1), bias=True)} if draw(st.booleans()) else {}
    kinds |= {"J": Conv()} if loops else {}
    kinds |= {"head": "linear"} if "logits" in outputs else {}
    kinds |= {"H": Conv(bias=True)} if "map" in outputs else {}
    kinds |= {"D": Conv((3, 3), bias=True)} if draw(st.booleans()) else {}
    return kinds


def _form(name: str, equal: bool, nested: bool) -> st.SearchStrategy[str]:
    """How an operator may be shared; over all levels only where their channels are equal."""
    if name in ("theta", "head", "H", "D", "J"):
        return st.just("all")
    if name in ("Rc", "Pic", "Pc", "M"):
        return st.just("level")
    forms = ["level"]
    if name in ("A", "B", "norm", "s", "drop"):
        forms += ["step", "pairs", "switched"]
    forms += ["fresh", "fresh"] * (name == "norm")
    forms += ["all", "all"] * (equal and not (nested and name in ("A", "B", "norm")))
    return st.sampled_from(forms)
