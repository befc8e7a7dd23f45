"""A cycle that does the same on every level but the coarsest: a method that calls itself.

It smooths, coarsens, runs from the next coarser level on, corrects and smooths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mgiad_dsl.outline.draft import Draft
from mgiad_dsl.outline.names import Namespace, article
from mgiad_dsl.outline.plan import CycleUse
from mgiad_dsl.outline.program import (
    Call,
    Element,
    Formal,
    Function,
    Index,
    Member,
    OnCoarsest,
    PartKey,
    Reference,
    Statement,
    Take,
)
from mgiad_dsl.outline.references import references, renamed

ITSELF = ""  # the function that a draft calls for the coarser levels
_MOST = 64  # levels; Python calls do not nest much deeper than 1,000


def from_each_level(use: CycleUse) -> list[CycleUse]:
    """A cycle over all its levels, over all but the finest, and so on to the coarsest alone.

    There are none of cycles that come to a level more than once, and of very long ones.
    """
    visits = use.cycle.visits
    levels = [visit.level for visit in visits]
    down = levels[: levels.index(max(levels)) + 1]
    if levels not in (down, down + down[-2::-1]) or len(down) > _MOST or down[0] < 0:
        return []
    back = len(levels) > len(down)
    inside = [visits[n : len(visits) - n if back else None] for n in range(len(down))]
    return [
        replace(
            use,
            cycle=replace(use.cycle, visits=inner),
            around={**use.around, use.cycle.index: inner[0].level},
        )
        for inner in inside
    ]


def part_keys(use: CycleUse, names: Mapping[str, str]) -> dict[str | int, PartKey]:
    """Keys for the norms of the parts on the finest level of a cycle, by its index."""
    finest, keys = use.cycle.levels[0], dict[str | int, PartKey]()
    for visit in use.cycle.visits:
        for part in visit.parts if visit.level == finest else ():
            for pass_ in part.passes:
                level = Index(0, names[visit.index])
                key = PartKey(visit.index, level, visit.number, part.role)
                keys[pass_.path[len(use.path)]] = key
    return keys


@dataclass(frozen=True)
class Recursion:
    """A method that calls itself; ``indices`` are those around it that it is given."""

    indices: tuple[str, ...]
    method: Function

    def named(self, name: str) -> Function:
        body = tuple(_itself(each, name) for each in self.method.body)
        return replace(self.method, name=name, body=body)


def recursion(drafts: Sequence[Draft], families: Sequence[str]) -> Recursion | None:
    """One method for drafts of a cycle from each of its levels on, if it can be.

    All but the last, which is that of the coarsest level, have to say the same. ``families`` are
    those of all operators, in order.
    """
    *finer, last = drafts
    if not finer or any(_said(each) != _said(finer[0]) for each in finer):
        return None
    first = finer[0]
    if not _fits(last, first):
        return None
    space = Namespace([*first.space, *last.space])
    cycle, names = first.use.cycle, first.levels.names
    needed = {cycle.index, *first.levels.given, *last.levels.given}
    indices = tuple(name for name in names if name in needed)
    level, coarsest = names[cycle.index], space.take("coarsest")
    further = (
        *(Index(int(name == cycle.index), names[name]) for name in indices),
        Index(0, coarsest),
    )
    said = tuple(_itself(each, ITSELF, further) for each in first.body)
    body = _joined(said, last.body, OnCoarsest(level, coarsest, ()), space, families)
    doc = f"{article(cycle.kind)} {cycle.kind} cycle over the levels from {level} to {coarsest}."
    given = (*(names[name] for name in indices), coarsest)
    formals = (*(Formal(name, "index") for name in given), *first.parameters)
    return Recursion(indices, Function(ITSELF, (doc,), formals, len(first.results), body))


def _itself(statement: Statement, name: str, further: tuple[Index, ...] = ()) -> Statement:
    """A call of itself by its name, and with what it is given first."""
    if isinstance(statement, Call) and statement.function == ITSELF:
        return replace(statement, function=name, arguments=(*further, *statement.arguments))
    return statement


def _said(draft: Draft) -> tuple[object, ...]:
    """What a draft says as a function."""
    return draft.levels.names, draft.parameters, len(draft.results), draft.body


def _fits(last: Draft, first: Draft) -> bool:
    """Whether what runs on the coarsest level knows all that it needs by the same names."""
    return (
        list(last.given.values()) == list(first.given.values())
        and set(last.norms.values()) <= set(first.norms.values())
        and len(last.results) == len(first.results)
        and last.levels.names == first.levels.names
    )


def _joined(
    finer: tuple[Statement, ...],
    last: tuple[Statement, ...],
    branch: OnCoarsest,
    space: Namespace,
    families: Sequence[str],
) -> tuple[Statement, ...]:
    """One body; operators that it uses more than once are taken where they are known to exist."""
    here, there = Counter(_operators(finer)), Counter(_operators(last))
    ordered = sorted({**here, **there}, key=lambda each: families.index(_family(each)))
    both = [each for each in ordered if each in here and each in there]
    some = [each for each in ordered if here[each] > 1 and each not in there]
    ends = [each for each in ordered if there[each] > 1 and each not in here]
    names: dict[Reference, str] = {}
    for each in (*both, *some, *ends):
        again = any(_family(other) == _family(each) for other in both if other != each)
        coarse = again and isinstance(each.key, tuple) and Index(1, branch.level) in each.key
        names[each] = space.take(f"{_family(each)}{'_coarse' if coarse else ''}")
    return (
        *_taken(both, names),
        replace(branch, body=(*_taken(ends, names), *renamed(last, names))),
        *_taken(some, names),
        *renamed(finer, names),
    )


def _taken(operators: Sequence[Reference], names: Mapping[Reference, str]) -> Iterator[Take]:
    if operators:
        yield Take(tuple(names[each] for each in operators), tuple(operators))


def _operators(body: Sequence[Statement]) -> Iterator[Element]:
    """Operators on levels, as often as they are used."""
    for each in references(body):
        if isinstance(each, Element) and isinstance(each.key, tuple):
            yield each


def _family(operator: Element) -> str:
    assert isinstance(operator.of, Member)
    return operator.of.family
