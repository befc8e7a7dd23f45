"""The whole chain: text, syntax tree, checked spec, network, count, source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike, fspath
from os.path import exists  # of what can be no file it says that there is none
from pathlib import Path
from typing import TYPE_CHECKING

from mgiad_dsl.base import resources
from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Caution, Source, SpecError
from mgiad_dsl.check import check
from mgiad_dsl.counting.budgets import check_budgets
from mgiad_dsl.counting.claims import check_claims
from mgiad_dsl.counting.count import WeightCount, count
from mgiad_dsl.graph.network import Network
from mgiad_dsl.graph.verify import verify
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.evaluate import show
from mgiad_dsl.language.spec import NetSpec
from mgiad_dsl.language.words import did_you_mean
from mgiad_dsl.lower import lower
from mgiad_dsl.parse import parse
from mgiad_dsl.rewrite import Level, rewrite

if TYPE_CHECKING:
    from mgiad_dsl.counting.memory import Memory
    from mgiad_dsl.draw.picture import Picture
    from mgiad_dsl.outline.program import Program


@dataclass(frozen=True)
class Compiled:
    """A spec that was found right, at every stage of its way to PyTorch.

    ``written`` is the network as the spec writes it, ``network`` what runs at the ``level`` of
    optimisation, or for ``inference`` alone. ``count`` has the weights of the one that is emitted.
    """

    source: Source
    tree: ast.Spec
    spec: NetSpec
    written: Network
    network: Network
    level: Level
    count: WeightCount
    warnings: tuple[Caution, ...]
    inference: bool = False

    def __repr__(self) -> str:
        return f"<{self.title} at -O{self.level}, {self.count.weights:,} weights>"

    @property
    def name(self) -> str:
        """``mgnet:cifar100``"""
        return self.spec.title

    @property
    def title(self) -> str:
        """The name, with the parameters that were set otherwise."""
        settings = ", ".join(f"{p.name}={show(p.value)}" for p in self.spec.changed)
        return f"{self.name} {settings}".rstrip()

    @cached_property
    def python(self) -> str:
        """The standalone source of the network."""
        from mgiad_dsl.emit import emit  # not needed to count: 20 ms
        from mgiad_dsl.emit.header import about

        lines = about(self.source, self.spec, self.count.weights, self.level, self.inference)
        return emit(self.program, lines)

    @cached_property
    def program(self) -> Program:
        """The functions, loops and variables of the source, as data."""
        from mgiad_dsl.outline import outline

        if self.inference:
            return outline(self.network, initialised=False)
        return outline(self.network, self.written)

    @cached_property
    def picture(self) -> Picture:
        """The network as its spec writes it, in blocks."""
        from mgiad_dsl.draw.picture import Picture

        return Picture(replace(self.written, name=self.title))

    def _repr_svg_(self) -> str | None:
        return self.picture._repr_svg_()

    def _repr_html_(self) -> str:
        """The picture, where graphviz's program `dot` is installed, and the counts."""
        return f"{self._repr_svg_() or ''}\n{self.count._repr_html_()}"

    def memory(self, batch: int, dtype: str = "float32") -> Memory:
        """The memory of training and of inference, for a batch and the network in a dtype.

        Raises:
            SpecError: there is no such batch, or dtype.
        """
        from mgiad_dsl.counting.arrays import known_dtype
        from mgiad_dsl.counting.memory import memory
        from mgiad_dsl.emit.fit import fit

        return memory(self.network, fit(self.program), batch, known_dtype(dtype))

    def for_inference(self) -> Compiled:
        """The same network for inference alone.

        Norms are folded into the operators before them where that is possible, and weights that
        nothing uses are gone. ``made_of`` of a sharing group says what weights it has.
        """
        network = rewrite(self.written, self.level, inference=True)
        return replace(self, network=network, count=count(network), inference=True)


def compile_source(
    source: Source,
    variant: str | None = None,
    settings: Mapping[str, object] | None = None,
    level: Level = 1,
) -> Compiled:
    """Compile a text.

    Args:
        source: the spec.
        variant: the name of a variant of it.
        settings: parameters to set otherwise, as values or as text.
        level: of optimisation: 0 runs what the spec writes and an output needs, 1 what gives the
            same bit for bit, 2 what gives the same in real arithmetic.

    Raises:
        SpecError: anything wrong in the spec or the settings, all of it at once.
    """
    return compile_tree(parse(source), variant, settings, level)


def compile_tree(
    tree: ast.Spec,
    variant: str | None = None,
    settings: Mapping[str, object] | None = None,
    level: Level = 1,
) -> Compiled:
    """As `compile_source`, of what `parse` read: one tree serves all variants and settings."""
    report = Report()
    spec = check(tree, variant, settings or {}, report)
    written = lower(spec, report)
    report.raise_errors()
    verify(written)
    network = rewrite(written, level)
    counted = count(written, network)
    check_claims(spec, counted, report)
    source = tree.span.source
    compiled = Compiled(source, tree, spec, written, network, level, counted, ())
    check_budgets(spec, counted, compiled.memory, report)
    report.raise_errors()
    return replace(compiled, warnings=report.ordered_warnings())


def compile_file(spec: str | PathLike[str], /, **settings: object) -> Compiled:
    """Compile ``path/to/file.mgspec``, ``file.mgspec:variant``, or a bundled ``mgnet:A``.

    Args:
        spec: the file, as text or as a path.
        settings: parameters to set otherwise, such as ``width=3``.

    Raises:
        SpecError: as `compile_source`, or there is no such file.
    """
    tree, variant = read(spec)
    return compile_tree(tree, variant, settings)


def read(spec: str | PathLike[str]) -> tuple[ast.Spec, str | None]:
    """The tree of a file, and the variant that its name asks for."""
    path, variant = locate(fspath(spec))
    return parse(Source.read(path)), variant


def locate(name: str) -> tuple[str, str | None]:
    """The file and the variant that a name on the command line means; ``-`` is stdin."""
    match = re.fullmatch(r"(.+?):(\w+)", name)
    path, variant = match.groups() if match and not exists(name) else (name, None)
    if path == "-" or exists(path):
        return path, variant
    bundled = {p.stem: p for p in resources.bundled_specs()}
    if path in bundled:
        return shown_path(bundled[path]), variant
    hint = did_you_mean(path, bundled) if re.fullmatch(r"\w+", path) else None
    raise SpecError(f"there is no file {path}", hint=hint or f"bundled specs: {', '.join(bundled)}")


def shown_path(path: Path) -> str:
    """A path as messages show it: relative where it lies below the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
