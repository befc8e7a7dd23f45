"""Every name of a spec: what it is, where it was declared, whether it was used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language.habits import KINDS, NAMES, habit
from mgiad_dsl.language.words import FUNCTIONS, did_you_mean


@dataclass(frozen=True)
class Symbol:
    """A declared name.

    ``what`` is parameter, let, level index, input, space, operator or step; ``indices`` are
    its formal ones.
    """

    name: str
    what: str
    indices: tuple[str, ...]
    span: Span

    def __str__(self) -> str:
        """``an operator``"""
        return f"{'an' if self.what[0] in 'io' else 'a'} {self.what}"

    @property
    def note(self) -> Note:
        return Note(f"`{self.name}` is declared here", self.span)


class Symbols:
    """The names of one spec; declaring one twice is an error of the report."""

    def __init__(self, tree: ast.Spec, report: Report) -> None:
        self._report = report
        self._symbols: dict[str, Symbol] = {}
        self._used: set[str] = set()
        self.misshapen: set[str] = set()  # names whose own indices are wrong
        for symbol in sorted(_declared(tree), key=lambda symbol: symbol.span.start):
            if self.is_free(symbol.name, symbol.span):
                self._symbols[symbol.name] = symbol

    def is_free(self, name: str, span: Span) -> bool:
        """Whether a name may be given here; reports why not."""
        symbol = self._symbols.get(name)
        if symbol is not None:
            note = Note(f"it is {symbol} already", symbol.span)
            error = SpecError(f"`{name}` is declared twice", span, notes=(note,))
        elif name in FUNCTIONS:
            error = SpecError(
                f"`{name}` is a word of the language and cannot be a name",
                span,
                hint=f"take another name, such as `{name}_1`",
            )
        else:
            return True
        self._report.error(error)
        return False

    def find(self, name: str) -> Symbol | None:
        """The symbol of a name, which counts as used from now on."""
        self._used.add(name)
        return self._symbols.get(name)

    def unused(self) -> Iterable[Symbol]:
        """What no expression, equation or cycle names."""
        return (s for s in self._symbols.values() if s.name not in self._used)

    def unknown(
        self, name: str, span: Span, local: Iterable[str] = (), mend: str | None = None
    ) -> None:
        """Report that a name is not known, with what may have been meant; once for each name."""
        known = {*self._symbols, *local, *FUNCTIONS}
        hint = None if self._report.full else self._meant(name, known) or mend
        error = SpecError(f"`{name}` is not declared", span, hint=hint)
        self._report.error(error, cause=f"unknown {name}")

    def _meant(self, name: str, known: Iterable[str]) -> str | None:
        """What may have been meant by a name."""
        stem, _, rest = name.partition("_")
        symbol = self._symbols.get(stem)
        if symbol is not None and symbol.indices and rest:
            return f"indices stand in brackets: `{stem}[{rest.replace('_', ',')}]`"
        sides = name.split("x")
        if len(sides) > 1 and all(side.isdigit() or side in known for side in sides):
            return f"`x` between names stands between blanks: {' x '.join(sides)}"
        return habit(name, NAMES, KINDS) or did_you_mean(name, known)

    def check_arity(self, symbol: Symbol, given: int, span: Span) -> bool:
        """Whether a use has the right number of indices; reports where not."""
        wanted = 0 if symbol.indices == ("*",) else len(symbol.indices)
        if wanted == given or symbol.name in self.misshapen:
            return True
        formals = ", ".join(symbol.indices)
        takes = {0: "no index", 1: f"one index [{formals}]"}.get(
            wanted, f"{wanted} indices [{formals}]"
        )
        error = SpecError(
            f"`{symbol.name}` takes {takes}, not {given or 'none'}", span, notes=(symbol.note,)
        )
        self._report.error(error, cause=f"{given} indices of {symbol.name}")
        return False


def _declared(tree: ast.Spec) -> Iterator[Symbol]:
    for p in tree.parameters:
        yield Symbol(p.name, "parameter", (), p.span.find(p.name))
    for levels in tree.levels:
        yield Symbol(levels.index, "level index", (), levels.span.find(levels.index))
    for let in tree.lets:
        yield Symbol(let.declared.name, "let", let.declared.indices, let.declared.span)
    for input_ in tree.inputs:
        yield Symbol(input_.name, "input", (), input_.span.find(input_.name))
    for declared in (d for line in tree.spaces for same in line.names for d in same):
        yield Symbol(declared.name, "space", declared.indices, declared.span)
    for declared in (d for line in tree.operators for d in line.names):
        yield Symbol(declared.name, "operator", declared.indices, declared.span)
    for step in tree.steps:
        yield Symbol(step.name, "step", (), step.span.find(step.name))
