"""Formulas as text tables, as LaTeX and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mgiad_dsl.base.tables import Table
from mgiad_dsl.language.evaluate import show
from mgiad_dsl.language.plain import plain
from mgiad_dsl.solving.algebra import (
    Expression,
    condition_latex,
    condition_text,
    formula,
    latex,
    text,
)
from mgiad_dsl.solving.conditions import Condition
from mgiad_dsl.solving.formulas import Formulas, Growth, Piece

_NEAR = 0.1  # an exponent as near to an integer is said to be that
_ORDERS = {0: "bounded", 1: "linear", 2: "quadratic", 3: "cubic"}
_HEADER = ("family", "weights")
_POINTS = 8  # at which a formula is compared with what it was made of


def tables(found: Formulas) -> list[Table]:
    """The formulas of each piece, where they hold, and how they grow."""
    head = f"{found.name}: weights in {_listed(found.parameters)}"
    result = []
    for number, piece in enumerate(found.pieces, 1):
        title = f"{head}, case {number} of {len(found.pieces)}" if found.pieces[1:] else head
        where = " or where ".join(map(_all, _cases(piece)))
        rows = tuple((name, text(each)) for name, each in _formulas(piece))
        result.append(Table(f"{title}, where {where}" if where else title, _HEADER, rows))
    result.append(_always(found))
    if found.growths:
        result.append(_growth(found))
    return result


def _cases(piece: Piece) -> list[tuple[Condition, ...]]:
    return [where for where in piece.where if where]


def _all(where: Sequence[Condition]) -> str:
    return ", ".join(map(condition_text, where))


def _formulas(piece: Piece) -> Iterator[tuple[str, Expression]]:
    points = piece.points[:: max(1, len(piece.points) // _POINTS)]
    yield "all", formula(piece.weights, points)
    for name, family in piece.families.items():
        yield name, formula(family, points)


def _always(found: Formulas) -> Table:
    rows = [(condition_text(each),) for each in found.always]
    tried = f"{found.tried:,} values tried, {found.refused:,} are no networks"
    title = f"holds where, beside the above ({tried}, {found.checked:,} counted by the compiler)"
    return Table(title, ("condition",), tuple(rows))


def _growth(found: Formulas) -> Table:
    title = f"{found.name}: growth and its exponents, all other parameters fixed as in the spec"
    rows = tuple(
        (
            f"{order(each)} in {each.parameter}",
            f"{each.far:.2f}",
            f"{show(each.value)} to {show(4 * each.value)}",
            "" if each.near is None else f"{each.near:.2f}",
        )
        for each in found.growths
    )
    return Table(title, ("weights are", "what grows", "from", "at the spec's value"), rows)


def order(growth: Growth) -> str:
    """``linear``"""
    nearest = round(growth.far) if growth.degree is None else growth.degree
    if growth.degree is not None or abs(growth.far - nearest) <= _NEAR:
        return _ORDERS.get(nearest, f"of power {nearest}")
    return f"of power {growth.far:.2f}"


def _listed(names: Sequence[str]) -> str:
    """``a, b and c``"""
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last


def as_latex(found: Formulas) -> str:
    """One ``align*`` for each piece, for amsmath."""
    always = ", ".join(f"${condition_latex(each)}$" for each in found.always)
    parts = [f"% {found.name}; everywhere: {always or 'no conditions'}"]
    for piece in found.pieces:
        lines = [rf"\text{{{_escaped(name)}}} &= {latex(each)}" for name, each in _formulas(piece)]
        for where in _cases(piece):
            said = r",\ ".join(map(condition_latex, where))
            lines.append(rf"& \text{{where }} {said}")
        body = " \\\\\n  ".join(lines)
        parts.append(f"\\begin{{align*}}\n  {body}\n\\end{{align*}}")
    return "\n".join(parts)


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")


def rows(found: Formulas) -> Table:
    """All in one table, for CSV."""
    cells = [
        (str(number), " or ".join(map(_all, piece.where)), name, text(each))
        for number, piece in enumerate(found.pieces, 1)
        for name, each in _formulas(piece)
    ]
    return Table(found.name, ("case", "where", "family", "weights"), tuple(cells))


def formula_facts(found: Formulas) -> dict[str, object]:
    """The same under stable names (docs/count.md)."""
    return {
        "name": found.name,
        "parameters": list(found.parameters),
        "tried": found.tried,
        "refused": found.refused,
        "checked": found.checked,
        "always": _conditions(found.always),
        "cases": [_piece(piece) for piece in found.pieces],
        "growth": [
            {
                "parameter": each.parameter,
                "order": order(each),
                "exponent": round(each.far, 4),
                "first": plain(each.value),
                "last": plain(4 * each.value),
                "near": None if each.near is None else round(each.near, 4),
            }
            for each in found.growths
        ],
    }


def _piece(piece: Piece) -> dict[str, object]:
    (_, whole), *families = _formulas(piece)
    return {
        "where": [_conditions(where) for where in piece.where],
        "points": len(piece.points),
        "weights": _both(whole),
        "families": {name: _both(each) for name, each in families},
    }


def _both(expression: Expression) -> dict[str, str]:
    return {"text": text(expression), "latex": latex(expression)}


def _conditions(where: Sequence[Condition]) -> list[dict[str, str]]:
    return [{"text": condition_text(each), "latex": condition_latex(each)} for each in where]
