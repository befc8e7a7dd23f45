"""Candidates and results of a study as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mgiad_dsl.base.amounts import shown
from mgiad_dsl.base.tables import Cell, Column, Table, tabulated
from mgiad_dsl.study.candidates import Candidate, Refused
from mgiad_dsl.study.records import Order
from mgiad_dsl.study.results import Result
from mgiad_dsl.train.tasks.figures import ACCURACY, Figure


@dataclass(frozen=True)
class Listed:
    """A candidate in the list of a dry run: the numbers of its trials, or why there are none."""

    candidate: Candidate
    trials: tuple[int, ...]
    note: str


def listed(grid: Sequence[Candidate | Refused], wanted: Sequence[Order]) -> list[Listed]:
    """The candidates of a grid that are networks, with the numbers of their trials (from 0)."""
    first: dict[str, str] = {}
    rows = []
    for each in grid:
        if isinstance(each, Refused):
            continue
        same = first.setdefault(each.identity, each.name)
        numbers = [i for i, order in enumerate(wanted) if order.identity == each.identity]
        note = each.over or ("" if same == each.name else f"the same as {same}")
        rows.append(Listed(each, () if note else tuple(numbers), note))
    return rows


def candidate_table(rows: Sequence[Listed]) -> Table:
    columns: tuple[Column[Listed], ...] = (
        Column("trials", lambda row: " ".join(map(str, row.trials))),
        Column("candidate", lambda row: row.candidate.name),
        Column("weights", lambda row: row.candidate.weights),
        Column("MACs", lambda row: row.candidate.macs),
        Column("memory", lambda row: shown(row.candidate.memory)),
        Column("note", lambda row: row.note),
    )
    return tabulated("candidates", columns, rows)


RESULT: tuple[Column[Result], ...] = (
    Column("family", lambda row: row.order.family),
    Column("candidate", lambda row: row.order.name),
    Column("weights", lambda row: row.order.weights),
    Column("MACs", lambda row: row.order.macs),
    Column("figure", lambda row: words(row.figure)),
    Column("held out", lambda row: digits(row.figure, row.value)),
    Column("std", lambda row: digits(row.figure, row.deviation)),
    Column("seeds", lambda row: len(row.outcomes)),
    Column("seconds", lambda row: rounded(row.seconds)),
    Column("state", lambda row: row.state),
)
ROBUST: tuple[Column[Result], ...] = (
    Column("corrupted %", lambda row: digits(ACCURACY, row.accuracy("corruptions"))),
    Column("attacked %", lambda row: digits(ACCURACY, row.accuracy("attacks"))),
)


def result_table(title: str, rows: Sequence[Result]) -> Table:
    """A row for each candidate; with accuracies of corrupted and attacked images if there are."""
    robust = ROBUST if any(each.robust for each in rows) else ()
    return tabulated(title, (*RESULT[:-1], *robust, RESULT[-1]), rows)


def words(figure: Figure | None) -> str:
    """``accuracy %``"""
    return "" if figure is None else figure.words + (" %" if figure.percent else "")


def digits(figure: Figure | None, value: float | None) -> Decimal | None:
    """``98.61``"""
    if figure is None or value is None:
        return None
    return Decimal(figure.shown(value).removesuffix(" %"))


def rounded(value: float | None) -> Cell:
    return None if value is None else round(value)
