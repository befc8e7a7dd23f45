"""A picture of a network that is drawn when somebody looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import get_args

from mgiad_dsl.base.source import SpecError
from mgiad_dsl.draw import Look, draw
from mgiad_dsl.draw.colours import Palette
from mgiad_dsl.draw.files import INSTALL, drawn, render
from mgiad_dsl.draw.look import Depth
from mgiad_dsl.graph.network import Network

DEPTHS: tuple[Depth, ...] = get_args(Depth)


@dataclass(frozen=True, eq=False)
class Picture:
    """A network as a picture, at a depth of a `Look`; nothing is folded.

    A notebook shows it where graphviz's program `dot` is installed.
    """

    network: Network = field(repr=False)
    depth: Depth = "steps"
    legend: bool = True

    @cached_property
    def dot(self) -> str:
        """The DOT text."""
        return draw(self.network, Look(depth=self.depth, fold=False, legend=self.legend))

    @cached_property
    def svg(self) -> str:
        """The element ``<svg>``.

        Raises:
            SpecError: graphviz's program `dot` is missing.
        """
        try:
            text = drawn(self.dot, "svg").decode()
        except FileNotFoundError:
            raise SpecError("graphviz's program `dot` is not installed", hint=INSTALL) from None
        return text[text.index("<svg") :]

    def save(self, file: str | PathLike[str]) -> None:
        """Write it in the format of the file's suffix.

        Raises:
            SpecError: as `render`.
        """
        path = Path(file)
        render(self.dot, path, path.suffix.removeprefix("."))

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except SpecError:  # without `dot`: the notebook shows the text
            return None


def fills(network: Network) -> dict[str, str]:
    """The colour of every sharing group in pictures."""
    palette = Palette(network)
    return {name: palette.fill(name) for name in network.groups}
