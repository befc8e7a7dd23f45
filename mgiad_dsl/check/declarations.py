"""Levels, spaces and operators as declared: names resolved, options legal."""

from __future__ import annotations

from collections.abc import Sequence

from mgiad_dsl.base.report import Report
from mgiad_dsl.base.source import Note, Span, SpecError
from mgiad_dsl.check.equations import UNKNOWN, VECTOR, Signature
from mgiad_dsl.check.faults import Faults
from mgiad_dsl.check.numbers import Numbers
from mgiad_dsl.check.options import check_options
from mgiad_dsl.check.symbols import Symbols
from mgiad_dsl.language import syntax as ast
from mgiad_dsl.language import words
from mgiad_dsl.language.spec import MAX_RANK, Hierarchy, Operator, Space
from mgiad_dsl.language.syntax import names_in


class Declarations:
    """All that a spec declares; errors go to the report."""

    def __init__(
        self, tree: ast.Spec, symbols: Symbols, numbers: Numbers, report: Report, faults: Faults
    ) -> None:
        self._symbols = symbols
        self._numbers = numbers
        self._report = report
        self._faults = faults
        self._level_indices = [levels.index for levels in tree.levels]
        for let in tree.lets:
            self._check_let(let)
        self._check_cyclic_lets(tree.lets)
        for input_ in tree.inputs:
            self._numbers.all((input_.channels, *input_.size), ())
            if len(input_.size) > MAX_RANK:
                message = f"`{input_.name}` has {len(input_.size)} dimensions"
                self._report.error(SpecError(message, input_.span, hint=f"at most {MAX_RANK}"))
        self.hierarchies = self._hierarchies(tree.levels)
        self.spaces = tuple(space for line in tree.spaces for space in self._line(line))
        self.identities = {space.name: space.identity for space in self.spaces}
        self.identities |= {input_.name: input_.name for input_ in tree.inputs}
        self.operators = tuple(
            operator for line in tree.operators for operator in self._operators(line)
        )
        self.signatures = {o.name: self._signature(o) for o in reversed(self.operators)}

    # -- lets and levels ---------------------------------------------------------------------

    def _check_let(self, let: ast.Let) -> None:
        self._check_formals(let.declared)
        self._numbers.check(let.value, let.declared.indices)

    def _check_cyclic_lets(self, lets: Sequence[ast.Let]) -> None:
        """Lets may not need themselves: depth-first search, without recursion."""
        uses = {let.declared.name: names_in(let.value) for let in lets}
        spans = {let.declared.name: let.declared.span for let in lets}
        done: set[str] = set()
        for first in uses:
            trail: list[str] = []
            todo = [(first, False)]
            while todo:
                name, leaving = todo.pop()
                if leaving:
                    done.add(trail.pop())
                elif name in trail:
                    circle = [f"`{n}`" for n in [*trail[trail.index(name) :], name]]
                    if len(circle) > 8:
                        circle[4:-2] = ["..."]
                    self._fail(f"lets in a circle: {' -> '.join(circle)}", spans[name])
                elif name not in done:
                    trail.append(name)
                    todo.append((name, True))
                    todo.extend((n, False) for n in uses[name] if n in uses)

    def _hierarchies(self, levels: Sequence[ast.Levels]) -> tuple[Hierarchy, ...]:
        found: list[Hierarchy] = []
        outer: list[str] = []
        for each in levels:
            self._numbers.range(each.range, [i for i in self._level_indices if i != each.index])
            axis = next((axis for axis in words.AXES if axis == each.axis.name), None)
            if axis is None:
                self._fail(
                    f"`{each.axis.name}` is no axis of levels",
                    each.axis.span,
                    hint=words.did_you_mean(each.axis.name, words.AXES) or "resolution or channel",
                )
                continue
            names = names_in(each.range.first) | names_in(each.range.last)
            needed = names & set(self._level_indices)
            for name in sorted(needed - set(outer)):
                self._fail(
                    f"the levels of `{each.index}` depend on `{name}`, which is not outside them",
                    each.range.span,
                    hint=f"declare the levels of `{name}` before",
                )
            needed = needed.union(*(h.outer for h in found if h.index in needed))
            found.append(
                Hierarchy(
                    index=each.index,
                    outer=tuple(name for name in outer if name in needed),
                    range=each.range,
                    axis=axis,
                    span=each.span,
                )
            )
            outer.append(each.index)
        return tuple(found)

    def _check_formals(self, declared: ast.Declared, starred: bool = False) -> None:
        """Formal indices: each once; a level index, or a name that means nothing else."""
        if "*" in declared.indices and not (starred and len(declared.indices) == 1):
            self._symbols.misshapen.add(declared.name)
            self._fail("`[*]` stands alone, behind a norm or a prelu: norm[*]", declared.span)
            return
        seen: set[str] = set()
        for index in declared.indices:
            if index == "*":
                continue
            if index in seen:
                self._fail(f"the index `{index}` stands twice", declared.span)
            elif index in self._level_indices:
                self._symbols.find(index)
            else:
                self._symbols.is_free(index, declared.span)
            seen.add(index)

    # -- spaces ------------------------------------------------------------------------------

    def _line(self, line: ast.Spaces) -> list[Space]:
        first = line.names[0][0]
        self._check_formals(first)
        self._numbers.check(line.channels, first.indices)
        if line.size is not None:
            self._numbers.dims(line.size, first.indices)
        found = []
        for same in line.names:
            for declared in same:
                if declared.indices != first.indices:
                    self._fail(
                        f"`{declared.name}` and `{first.name}` stand in one line "
                        "but have different indices",
                        declared.span,
                        hint="declare them in two `spaces` lines",
                    )
                    continue
                found.append(
                    Space(
                        name=declared.name,
                        indices=declared.indices,
                        identity=same[0].name,
                        sizes=first.name,
                        channels=line.channels,
                        size=line.size,
                        span=declared.span,
                    )
                )
        return found

    # -- operators ---------------------------------------------------------------------------

    def _operators(self, line: ast.Operator) -> list[Operator]:
        with self._faults.within(line.kind.span):
            self._check_kind(line)
            for declared in line.names:
                self._check_operator(line, declared)
        return [
            Operator(
                name=declared.name,
                indices=declared.indices,
                domains=line.domains,
                codomain=line.codomain,
                kind=line.kind,
                wrong=line.kind.span in self._faults.spans,
                span=declared.span,
            )
            for declared in line.names
        ]

    def _check_operator(self, line: ast.Operator, declared: ast.Declared) -> None:
        kind = line.kind
        self._check_formals(declared, starred=kind.traits.starred)
        scope = self._scope(line, declared)
        if isinstance(kind.argument, ast.Dims):
            self._numbers.dims(kind.argument, scope)
        elif kind.argument is not None:
            self._numbers.check(kind.argument, scope)
        check_options(kind.name, kind.options, self._numbers, scope, self._report)
        for side in (*line.domains, line.codomain):
            if side is not None:
                self._check_side(side, scope)

    def _scope(self, line: ast.Operator, declared: ast.Declared) -> set[str]:
        """Bracket indices, and those that stand only in the signature."""
        formals = {index for index in declared.indices if index != "*"}
        for side in (*line.domains, line.codomain):
            if isinstance(side, ast.Index):
                formals |= {n for e in side.indices for n in names_in(e)} & set(self._level_indices)
        return formals

    def _check_side(self, side: ast.Expr, scope: set[str]) -> None:
        name = side.name if isinstance(side, (ast.Name, ast.Index)) else None
        symbol = self._symbols.find(name) if name else None
        if symbol is None or symbol.what not in ("space", "input"):
            self._numbers.check(side, scope)
            return
        indices = side.indices if isinstance(side, ast.Index) else ()
        self._symbols.check_arity(symbol, len(indices), side.span)
        self._numbers.all(indices, scope)

    def _check_kind(self, line: ast.Operator) -> None:
        kind = line.kind
        if kind.traits.signature == "needed" and not line.domains:
            self._fail(
                f"a `{kind.name}` needs the spaces it stands between",
                kind.span,
                hint=f"{line.names[0].span.text} : u[l] -> f[l] {kind.span.text}",
            )
        if kind.traits.signature == "none" and line.domains:
            self._fail(f"a `{kind.name}` is a number and stands between no spaces", kind.span)
        choices = kind.traits.exclusive
        if kind.traits.one_needed and not set(choices) & {o.name for o in kind.options}:
            either = " or ".join(f"`{name}`" for name in choices)
            self._fail(f"a {kind.name} is {either}", kind.span, hint="say which")

    def _signature(self, operator: Operator) -> Signature:
        codomain = None if operator.codomain is None else self._family(operator.codomain)
        domains = tuple(map(self._family, operator.domains))
        return Signature(operator.kind.name, domains, codomain)

    def _family(self, side: ast.Expr) -> str:
        if isinstance(side, (ast.Name, ast.Index)):
            symbol = self._symbols.find(side.name)
            if symbol is None or symbol.what not in ("parameter", "let"):
                return self.identities.get(side.name, UNKNOWN)
        return VECTOR

    def _fail(
        self, message: str, span: Span, hint: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        self._report.error(SpecError(message, span, hint=hint, notes=notes))
