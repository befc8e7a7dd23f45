"""What a random network is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod

CLASSES = 3
IN_CHANNELS = 2

Index = tuple[int, ...]


@dataclass(frozen=True)
class Conv:
    """The options of a convolution; ``grouping`` is dense, depthwise or a group size.

    ``kernel`` is that of images.
    """

    kernel: tuple[int, int] = (1, 1)
    dilation: int = 1
    grouping: str | int = "dense"
    bias: bool = False
    boundary: str = ""
    initial: str = ""

    def fits(self, ends: list[tuple[int, int]]) -> bool:
        """Whether the groups divide all these pairs of channels."""
        if isinstance(self.grouping, int) and any(max(e) % self.grouping for e in ends):
            return False
        return all(g % self._groups(*e) == 0 for e in ends for g in e)

    def sides(self, rank: int) -> tuple[int, ...]:
        """The kernel of so many dimensions."""
        return (*self.kernel, self.kernel[0])[:rank]

    def weights(self, given: int, made: int, rank: int) -> int:
        weights = prod(self.sides(rank)) * given * made // self._groups(given, made)
        return weights + made * self.bias

    def _groups(self, given: int, made: int) -> int:
        if isinstance(self.grouping, int):
            return max(given, made) // self.grouping
        return min(given, made) if self.grouping == "depthwise" else 1


@dataclass(frozen=True)
class Cycle:
    """Steps before and after the coarser level, and on the coarsest (None: before and after)."""

    kind: str
    pre: int
    post: int
    solve: int | None

    def run(self, first: int, last: int, kind: str = "") -> Iterator[tuple[str, int, int]]:
        """``smooth``, ``coarsen`` and ``correct`` with their level and number of steps."""
        kind = kind or self.kind
        after = [self.post] * (kind != "backslash")
        if first == last:
            steps = [self.pre, *after] if self.solve is None else [self.solve]
            yield from (("smooth", last, number) for number in steps)
            return
        yield "smooth", first, self.pre
        yield "coarsen", first, 0
        descents = {"W": "WW", "F": "FV"}.get(kind, (kind,))
        for each in descents[: 1 if first + 1 == last else 2]:
            yield from self.run(first + 1, last, each)
        for number in after:
            yield "correct", first, 0
            yield "smooth", first, number


@dataclass(frozen=True)
class Form:
    """How an operator is shared.

    ``formal`` is what its bracket holds beside the levels; ``used`` how a use writes that in
    step ``{i}``, ``value`` what it is worth there.
    """

    formal: str = ""
    used: str = ""
    value: Callable[[int], Index] = lambda i: ()
    has_levels: bool = True


FORMS = {
    "all": Form(has_levels=False),
    "fresh": Form("*", has_levels=False),  # a new one at every use
    "level": Form(),
    "step": Form("i", "{i}", lambda i: (i,)),
    "pairs": Form("p", "floor(({i} + 1) / 2)", lambda i: ((i + 1) // 2,)),
    "switched": Form("b", "shared ? 1 : {i}", lambda i: (1,)),
}


@dataclass(frozen=True)
class Plan:
    """A network.

    ``depths`` is the last channel level of each resolution level, None without any;
    ``forms`` say how operators are shared, ``kinds`` what they are. The cycle runs ``loops`` times
    in a loop; 0 is without one. With a ``gate`` what is smoothed is multiplied by its mean.
    """

    channels: tuple[int, ...]
    depths: tuple[int, ...] | None
    size: tuple[int, ...]
    stride: str
    cycle: Cycle
    inner: Cycle
    forms: dict[str, str]
    kinds: dict[str, Conv | str]
    start: str
    activation: str
    outputs: tuple[str, ...]
    named_step: bool
    loops: int = 0
    gate: bool = False
    names: dict[str, str] = field(default_factory=dict)

    @property
    def levels(self) -> int:
        return len(self.channels)

    @property
    def rank(self) -> int:
        return len(self.size)

    @property
    def nested(self) -> bool:
        return self.depths is not None

    def form(self, name: str) -> Form:
        return FORMS[self.forms[name]]

    def width(self, levels: Index) -> int:
        """Channels at ``(l,)`` or ``(l, k)``."""
        return self.channels[levels[0] - 1] // 2 ** sum(levels[1:])
