"""Which images of an epoch this process takes, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mgiad_dsl.base.source import SpecError


@dataclass(frozen=True)
class Share:
    """Which part of every batch this process takes, and in how many parts.

    The batch of a recipe is that of one optimiser step over all ``ranks``.
    """

    batch: int
    rank: int = 0
    ranks: int = 1
    parts: int = 1

    def __post_init__(self) -> None:
        if self.batch % (self.ranks * self.parts):
            raise SpecError(
                f"batch {self.batch} does not divide over {self.ranks} processes "
                f"in {self.parts} parts each",
                hint=f"--with batch={self.ranks * self.parts * max(1, self.part)}",
            )

    @property
    def part(self) -> int:
        """Images in one part."""
        return self.batch // (self.ranks * self.parts)

    def count(self, images: int) -> int:
        """Parts in an epoch; the incomplete batch at its end is left out. Raises SpecError."""
        if images < self.batch:
            unit = self.ranks * self.parts
            raise SpecError(
                f"a batch of {self.batch} is more than the {images} training images",
                hint=f"--with batch={images // unit * unit}",
            )
        return images // self.batch * self.parts

    def places(self, images: int, start: int = 0) -> Iterator[slice]:
        """Where parts ``start``, ``start + 1``, ... lie in the order of an epoch's images."""
        for number in range(start, self.count(images)):
            step, part = divmod(number, self.parts)
            first = step * self.batch + (part * self.ranks + self.rank) * self.part
            yield slice(first, first + self.part)
